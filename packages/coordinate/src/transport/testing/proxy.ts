import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Passes connections on to a listener, and counts them. */
export async function proxyTo(host: string, port: number) {
  const sockets = new Set<Socket>();
  let connectionCount = 0;
  const server = createServer((near) => {
    connectionCount += 1;
    const far = connect(port, host);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  return {
    address: `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`,
    connectionCount: (): number => connectionCount,
    close: (): void => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
