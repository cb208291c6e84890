import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Forward, hostProxy, onLoopback } from '../../file/net/index.ts';

const run = promisify(execFile);
const ANSWER_MS = 15_000;

/**
 * Listens on a free loopback port; the shared connection takes HTTP and WebSockets from there to the port of
 * the machine. It listens on a socket beside its own, since it cannot choose a free port. `options` are those
 * of the shared connection.
 */
export async function openSshForward(
  options: readonly string[],
  sharedSocket: string,
  host: string,
  port: number,
): Promise<Forward> {
  const path = `${sharedSocket}-${port}`;
  const way = ['-L', `${path}:127.0.0.1:${port}`, '--', host];
  await run('ssh', [...options, '-o', 'StreamLocalBindUnlink=yes', '-O', 'forward', ...way], {
    timeout: ANSWER_MS,
  });
  return onLoopback(hostProxy({ socketPath: path }, `127.0.0.1:${port}`));
}
