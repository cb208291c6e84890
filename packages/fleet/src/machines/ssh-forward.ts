import { execFile } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';

/** A way from this machine to a port on the loopback of another. */
export interface SshForward {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly close: () => void;
}

const run = promisify(execFile);
const ANSWER_MS = 15_000;
const MOST_OPEN = 64;

/**
 * Listens on a free loopback port; the shared connection takes everything from there to the port of the machine. It listens on a
 * socket beside its own, since it cannot choose a free port. `options` are those of the shared connection.
 */
export async function openSshForward(
  options: readonly string[],
  sharedSocket: string,
  host: string,
  port: number,
): Promise<SshForward> {
  const path = `${sharedSocket}-${port}`;
  const way = ['-L', `${path}:127.0.0.1:${port}`, '--', host];
  await run('ssh', [...options, '-o', 'StreamLocalBindUnlink=yes', '-O', 'forward', ...way], {
    timeout: ANSWER_MS,
  });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const far = connect(path);
    for (const one of [socket, far]) {
      open.add(one);
      one.on('error', () => one.destroy());
      one.once('close', () => open.delete(one));
    }
    socket.once('close', () => far.destroy());
    far.once('close', () => socket.destroy());
    socket.pipe(far).pipe(socket);
  });
  server.maxConnections = MOST_OPEN;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
