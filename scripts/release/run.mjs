import { spawnSync } from 'node:child_process';

const TIMEOUT_MS = 600_000;

/** Runs a program and answers its output. Throws with its output if it fails or is missing. */
export function runOrThrow(program, args, options = {}) {
  const run = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: 64_000_000,
    ...options,
  });
  if (run.error?.code === 'ENOENT') throw new Error(`${program} is not installed; a release needs it`);
  if (run.status !== 0)
    throw new Error(
      `${program} ${args.join(' ')} failed: ${run.error?.message ?? ''}${run.stderr}${run.stdout}`,
    );
  return run.stdout;
}
