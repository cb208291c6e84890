import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** A line to a server on loopback that can fall silent, or hold back what is new. For tests. */
export interface SilentLine {
  readonly port: number;
  /** How many connections were ever made over it. */
  connections(): number;
  /** The connections of now carry nothing any more; later ones do. */
  silence(): void;
  /** New connections are held back before their first byte. */
  hold(): void;
  /** How many connections are held. */
  held(): number;
  release(): void;
  close(): Promise<void>;
}

export async function silentLine(to: number): Promise<SilentLine> {
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  let made = 0;
  let isHeld = false;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    made += 1;
    keep(client);
    const join = (): void => {
      client.pipe(keep(connect(to, '127.0.0.1'))).pipe(client);
    };
    if (isHeld) waiting.push(join);
    else join();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => made,
    silence: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    hold: () => {
      isHeld = true;
    },
    held: () => waiting.length,
    release: () => {
      isHeld = false;
      for (const join of waiting.splice(0)) join();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
