import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { after } from 'node:test';

/**
 * Lets a server listen on a free port of loopback until this test ends; without a test, until all of the file
 * do. Returns the port.
 */
export async function listening(
  server: Server,
  context: { after(work: () => void): void } = { after },
): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}
