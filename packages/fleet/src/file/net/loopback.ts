import type { Server, Socket } from 'node:net';

/** A way from this machine to a port on the loopback of another. */
export interface Forward {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Why the last connection did not reach the other side; null if all did, or if it is not known. */
  readonly failure?: () => string | null;
  readonly close: () => void;
}

/** As many connections at once as a person with tools needs; more are refused. */
const MOST_OPEN = 64;

/**
 * Has a server listen on a port of 127.0.0.1; 0 takes a free one. An error of a connection ends it; closing
 * ends all of them. Rejects if the port is in use.
 */
export async function onLoopback(server: Server, wanted = 0): Promise<Forward> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
  });
  server.maxConnections = MOST_OPEN;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', resolve);
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
