import { rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP line between one client and one server that can be cut. */
export interface Line {
  /** The address for the client: the target's address with the line's own host and port, or `unix:PATH`. */
  readonly url: string;
  /**
   * As in a partitioned network: connections stay open, bytes wait (TCP would send them again) and arrive
   * late, if their connection is still open at `heal`. A new connection is made but silent.
   */
  cut(): void;
  heal(): void;
  /** Open connections. */
  connections(): number;
  close(): Promise<void>;
}

export interface LineOptions {
  /** `http://HOST:PORT` or `https://HOST:PORT`. */
  readonly target: string;
  /**
   * A path: listen on a unix socket there, which a node reaches from any network namespace. Default: a free
   * loopback port.
   */
  readonly socketPath?: string;
}

interface Shared {
  isCut: boolean;
  /** The side of one direction of one connection from which its bytes come. */
  readonly flows: Set<Socket>;
}

/** Open a line. Close it before the server that it leads to. */
export async function startLine(options: LineOptions): Promise<Line> {
  const target = new URL(options.target);
  const shared: Shared = { isCut: false, flows: new Set() };
  const server = createServer({ allowHalfOpen: true }, (client) => join(shared, client, target));
  const url = await listen(server, target, options.socketPath);
  const apply = (isCut: boolean): void => {
    shared.isCut = isCut;
    for (const from of shared.flows) isCut ? from.pause() : from.resume();
  };
  return {
    url,
    cut: () => apply(true),
    heal: () => apply(false),
    connections: () => shared.flows.size / 2,
    close: async () => {
      for (const from of shared.flows) from.destroy();
      await new Promise((resolve) => server.close(resolve));
      if (options.socketPath !== undefined) rmSync(options.socketPath, { force: true });
    },
  };
}

function join(shared: Shared, client: Socket, target: URL): void {
  const server = connect({ port: portOf(target), host: target.hostname, allowHalfOpen: true });
  carry(shared, client, server);
  carry(shared, server, client);
  for (const socket of [client, server]) {
    shared.flows.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      for (const each of [client, server]) shared.flows.delete(each);
      client.destroy();
      server.destroy();
    });
  }
}

function carry(shared: Shared, from: Socket, to: Socket): void {
  from.on('data', (chunk) => {
    if (to.write(chunk)) return;
    from.pause();
    to.once('drain', () => {
      if (!shared.isCut) from.resume();
    });
  });
  from.on('end', () => to.end());
  if (shared.isCut) from.pause();
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

function listen(server: Server, target: URL, socketPath: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    if (socketPath !== undefined) return server.listen(socketPath, () => resolve(`unix:${socketPath}`));
    return server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('the line has no port'));
      return resolve(`${target.protocol}//127.0.0.1:${address.port}`);
    });
  });
}
