import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@watchbill/testkit';

const COMMAND = fileURLToPath(new URL('../../../watchbill/bin/watchbill.mjs', import.meta.url));
const WAIT = { timeoutMs: 120_000, everyMs: 5 };

/**
 * Runs `watchbill fleet …` in a process of its own, and kills it with SIGKILL as soon as it is so. Fails
 * where it ends before.
 */
export async function killedWhen(
  folder: string,
  kubeconfig: string,
  args: readonly string[],
  isSo: () => Promise<boolean>,
): Promise<void> {
  const words = [COMMAND, 'fleet', ...args, '--kubeconfig', kubeconfig];
  const child = spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => {
      said += part;
    });
  const ended = once(child, 'exit');
  try {
    await waitFor('the moment to kill it', async () => child.exitCode !== null || (await isSo()), WAIT);
    assert.equal(child.exitCode, null, `it ended before it could be killed: ${said}`);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
