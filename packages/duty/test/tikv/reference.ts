import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { builtTikv, type TikvCluster } from '@watchbill/testkit/tikv';

const TIMEOUT_MS = 120_000;

/** Run the reference client: a set-up, then jobs, one line each. Rejects where one is not done. */
async function runReference(cluster: TikvCluster, setUp: object, jobs: readonly object[]): Promise<void> {
  const child = spawn(builtTikv().reference, {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const ended = once(child, 'exit');
  const lines = [{ endpoints: cluster.endpoints, valueBytes: 1, perCall: 1, calls: 1, ...setUp }, ...jobs];
  // Where it ends before it has read all, its answers say so.
  child.stdin.on('error', () => undefined);
  for (const line of lines) child.stdin.write(`${JSON.stringify(line)}\n`);
  child.stdin.end();
  const answers: { readonly done: boolean; readonly why?: string }[] = [];
  for await (const line of createInterface({ input: child.stdout })) answers.push(JSON.parse(line));
  await ended;
  const failed = answers.find(({ done }) => !done);
  if (answers.length < lines.length || failed !== undefined)
    throw new Error(`the reference client did not do it: ${failed?.why ?? 'no answer'}`);
}

/** Split the region of a key at that key; settles when it is done. */
export async function splitRegion(cluster: TikvCluster, key: string): Promise<void> {
  await runReference(cluster, { prefix: '/split/', shared: 0 }, [{ kind: 'split', key }]);
}

/** The folder in which the reference client keeps its numbered records. */
export const STRANGERS_FOLDER = 'shared';

/** Writes record 0 of that folder under a prefix, as a stranger would. */
export async function writeAsStranger(cluster: TikvCluster, prefix: string): Promise<void> {
  await runReference(cluster, { prefix, shared: 1 }, []);
}
