import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SPEC_TIMEOUT_MS = 60_000;

/**
 * The node program of these sources; builds it if it is not built yet, with its progress on standard error.
 * `WATCHBILL_NODE` names another one. The build takes 10 to 20 minutes on two cores. The tier of tests that
 * needs it limits its time; a shorter limit here would end a build that goes on.
 */
export function nodeBinary(): string {
  return process.env.WATCHBILL_NODE ?? lastLine(runScript('node/build', ['devnode']));
}

/**
 * The relay-chain node with the gate; builds it if it is not built yet. `WATCHBILL_RELAY_NODE` names another
 * one.
 */
export function relayBinary(): string {
  return process.env.WATCHBILL_RELAY_NODE ?? lastLine(runScript('node/build', ['relay']));
}

/**
 * The collator with the gate; builds it if it is not built yet. `WATCHBILL_COLLATOR` names another one.
 */
export function collatorBinary(): string {
  return process.env.WATCHBILL_COLLATOR ?? lastLine(runScript('node/build', ['collator']));
}

/**
 * The raw specification of a chain of development validators, such as `5` or `aura-2`, in a file of this
 * folder.
 */
export function specFile(name: string, folder: string): string {
  const file = join(folder, `${name}.json`);
  runScript('node/spec', [name, '--out', file], SPEC_TIMEOUT_MS);
  return file;
}

function runScript(name: string, args: readonly string[], timeoutMs?: number): string {
  const script = fileURLToPath(new URL(`../../../../scripts/${name}.mjs`, import.meta.url));
  const run = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
  if (run.status === 0) return run.stdout;
  throw new Error(`node scripts/${name}.mjs failed (${run.signal ?? run.status}); its own lines stand above`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
