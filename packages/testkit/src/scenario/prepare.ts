import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A cold build of the node on two cores takes 10 to 20 minutes. */
const BUILD_TIMEOUT_MS = 60 * 60_000;
const SPEC_TIMEOUT_MS = 60_000;

/**
 * The node program of these sources; builds it where it is not built yet, with its progress on standard error.
 * `WATCHBILL_NODE` names another one.
 */
export function nodeBinary(): string {
  return process.env.WATCHBILL_NODE ?? lastLine(runScript('build', [], BUILD_TIMEOUT_MS));
}

/** The raw specification of a chain of development validators, such as `5` or `aura-2`, in a file of this folder. */
export function specFile(name: string, folder: string): string {
  const file = join(folder, `${name}.json`);
  runScript('spec', [name, '--out', file], SPEC_TIMEOUT_MS);
  return file;
}

function runScript(name: 'build' | 'spec', args: readonly string[], timeoutMs: number): string {
  const script = fileURLToPath(new URL(`../../../../scripts/node/${name}.mjs`, import.meta.url));
  const run = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: timeoutMs,
  });
  if (run.status === 0) return run.stdout;
  throw new Error(`npm run node:${name} failed (${run.signal ?? run.status}); its own lines stand above`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
