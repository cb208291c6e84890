import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { after } from 'node:test';

/**
 * Lets a server listen on a free port of loopback until this test ends; without a test, until all of the file
 * do. Returns the port.
 */
export async function listening(
  server: Server,
  context: { after(work: () => void): void } = { after },
): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    (server as Partial<HttpServer>).closeAllConnections?.();
  });
  return (server.address() as AddressInfo).port;
}
