import { rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** The blocked direction: from the client (`out`), to the client (`in`), or both. */
export type Direction = 'out' | 'in' | 'both';

/** A TCP line between one client and one server that can be cut in either direction. */
export interface Line {
  /** The address for the client: the target's address with the line's own host and port, or `unix:PATH`. */
  readonly url: string;
  /**
   * As in a partitioned network: connections stay open, bytes wait (TCP would send them again) and arrive
   * late, if their connection is still open at `heal`. A new connection is made but silent.
   */
  cut(direction?: Direction): void;
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
  readonly held: { out: boolean; in: boolean };
  readonly flows: Set<Flow>;
}

/** One direction of one connection. */
interface Flow {
  readonly from: Socket;
  readonly held: () => boolean;
}

/** Open a line. Close it before the server that it leads to. */
export async function startLine(options: LineOptions): Promise<Line> {
  const target = new URL(options.target);
  const shared: Shared = { held: { out: false, in: false }, flows: new Set() };
  const server = createServer({ allowHalfOpen: true }, (client) => join(shared, client, target));
  const url = await listen(server, target, options.socketPath);
  const apply = (direction: Direction | null): void => {
    shared.held.out = direction === 'out' || direction === 'both';
    shared.held.in = direction === 'in' || direction === 'both';
    for (const { from, held } of shared.flows) held() ? from.pause() : from.resume();
  };
  return {
    url,
    cut: (direction = 'both') => apply(direction),
    heal: () => apply(null),
    connections: () => shared.flows.size / 2,
    close: async () => {
      for (const { from } of shared.flows) from.destroy();
      await new Promise((resolve) => server.close(resolve));
      if (options.socketPath !== undefined) rmSync(options.socketPath, { force: true });
    },
  };
}

function join(shared: Shared, client: Socket, target: URL): void {
  const server = connect({ port: portOf(target), host: target.hostname, allowHalfOpen: true });
  const flows = [flow(client, server, () => shared.held.out), flow(server, client, () => shared.held.in)];
  for (const each of flows) shared.flows.add(each);
  for (const socket of [client, server]) {
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      for (const each of flows) shared.flows.delete(each);
      client.destroy();
      server.destroy();
    });
  }
}

function flow(from: Socket, to: Socket, held: () => boolean): Flow {
  from.on('data', (chunk) => {
    if (to.write(chunk)) return;
    from.pause();
    to.once('drain', () => {
      if (!held()) from.resume();
    });
  });
  from.on('end', () => to.end());
  if (held()) from.pause();
  return { from, held };
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
