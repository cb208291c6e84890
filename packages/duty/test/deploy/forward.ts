import { connect, createServer, type Socket } from 'node:net';

/** Passes connections to a port of a bridge's address on to the same port of loopback. */
export async function forward(address: string, port: number): Promise<{ close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => sockets.delete(one));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  return {
    close: () => {
      server.close();
      for (const one of sockets) one.destroy();
    },
  };
}
