import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** A line to a server on loopback that can fall silent: it stays open and carries nothing. For tests. */
export interface SilentLine {
  readonly port: number;
  /** How many connections were ever made over it. */
  connections(): number;
  /** The connections of now carry nothing any more; later ones do. */
  silence(): void;
  close(): Promise<void>;
}

export async function silentLine(to: number): Promise<SilentLine> {
  const sockets = new Set<Socket>();
  let made = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    made += 1;
    const there = keep(connect(to, '127.0.0.1'));
    keep(client).pipe(there).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => made,
    silence: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
