import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { builtTikv, type TikvCluster } from '@watchbill/testkit/tikv';

const TIMEOUT_MS = 120_000;
const SET_UP = { prefix: '/split/', valueBytes: 1, perCall: 1, calls: 1, shared: 0 };

/** Split the region of a key at that key, by the reference client; settles when it is done. */
export async function splitRegion({ endpoints }: TikvCluster, key: string): Promise<void> {
  const child = spawn(builtTikv().reference, {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const ended = once(child, 'exit');
  const lines = [
    { endpoints, ...SET_UP },
    { kind: 'split', key },
  ];
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
