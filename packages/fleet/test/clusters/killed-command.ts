import assert from 'node:assert/strict';
import { waitFor } from '@watchbill/testkit';
import { startCommand } from '@watchbill/testkit/command';

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
  const { child, ended } = startCommand(folder, ['fleet', ...args, '--kubeconfig', kubeconfig]);
  try {
    await waitFor('the moment to kill it', async () => child.exitCode !== null || (await isSo()), WAIT);
    if (child.exitCode !== null) assert.fail(`it ended before it could be killed: ${(await ended).all}`);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
