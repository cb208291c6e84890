import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Somebody on the path between a dialer and a listener. */
export interface OnPath {
  readonly address: string;
  /** Changes each piece from the dialer before it goes on; null keeps it. */
  onPiece(change: (piece: Buffer) => Buffer | null): void;
  /** Send bytes to the listener as if they came from the dialer, over the newest connection. */
  inject(bytes: Buffer): void;
  /** Stops reading from both ends. */
  freeze(): void;
  connectionCount(): number;
  close(): void;
}

export async function proxyTo(host: string, port: number): Promise<OnPath> {
  const sockets = new Set<Socket>();
  let change: (piece: Buffer) => Buffer | null = (piece) => piece;
  let newest: Socket | null = null;
  let connectionCount = 0;
  const server = createServer((near) => {
    connectionCount += 1;
    const far = connect(port, host);
    newest = far;
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
    }
    near.on('data', (piece) => {
      const changed = change(piece);
      if (changed !== null) far.write(changed);
    });
    far.on('data', (piece) => near.write(piece));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  return {
    address: `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`,
    onPiece: (next) => {
      change = next;
    },
    inject: (bytes) => void newest?.write(bytes),
    freeze: () => {
      for (const socket of sockets) socket.pause();
    },
    connectionCount: () => connectionCount,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
