import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * TCP proxies before the members of a cluster that can lose requests and answers. They share their state: a
 * loss happens once, at the first member that it applies to. They read the frames of HTTP/2 (RFC 9113,
 * section 4.1) so that "the answer" is exact: the first HEADERS frame that the member sends after the
 * request.
 */
export interface FaultProxy {
  /** One address for each member, in their order. */
  readonly urls: readonly string[];
  /** The next request reaches the member; its answer is lost, with the connection. */
  loseNextAnswer(): void;
  /** The next request is lost, with the connection, before the member sees it. */
  loseNextRequest(): void;
  /** No data passes in either direction; connections stay open. */
  stall(): void;
  resume(): void;
  close(): Promise<void>;
}

type Mode = 'pass' | 'lose-answer' | 'answer-is-lost' | 'lose-request' | 'stalled';

interface Shared {
  mode: Mode;
  readonly pairs: Set<Pair>;
}

interface Pair {
  readonly client: Socket;
  readonly member: Socket;
}

const HEADERS_FRAME = 1;
const FRAME_HEADER_BYTES = 9;
/** The bytes that a client sends before its first frame. */
const PREFACE_BYTES = 24;

/** Listen on free loopback ports and pass everything on to the targets, plain `http://` addresses. */
export async function startFaultProxy(targets: readonly string[]): Promise<FaultProxy> {
  const shared: Shared = { mode: 'pass', pairs: new Set() };
  const servers = targets.map((target) => proxyTo(shared, new URL(target)));
  const urls = await Promise.all(servers.map(listen));
  return {
    urls,
    loseNextAnswer: () => {
      shared.mode = 'lose-answer';
    },
    loseNextRequest: () => {
      shared.mode = 'lose-request';
    },
    stall: () => {
      shared.mode = 'stalled';
      for (const { client, member } of shared.pairs) {
        client.pause();
        member.pause();
      }
    },
    resume: () => {
      shared.mode = 'pass';
      for (const { client, member } of shared.pairs) {
        client.resume();
        member.resume();
      }
    },
    close: async () => {
      for (const pair of shared.pairs) cut(pair);
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function proxyTo(shared: Shared, { hostname, port }: URL): Server {
  return createServer((client) => join(shared, { client, member: connect(Number(port), hostname) }));
}

function join(shared: Shared, pair: Pair): void {
  const { client, member } = pair;
  shared.pairs.add(pair);
  const fromClient = frameReader(PREFACE_BYTES);
  const fromMember = frameReader(0);
  client.on('data', (chunk) => {
    const request = fromClient(chunk);
    if (request && shared.mode === 'lose-request') {
      shared.mode = 'pass';
      return cut(pair);
    }
    if (request && shared.mode === 'lose-answer') shared.mode = 'answer-is-lost';
    member.write(chunk);
  });
  member.on('data', (chunk) => {
    const answer = fromMember(chunk);
    if (answer && shared.mode === 'answer-is-lost') {
      shared.mode = 'pass';
      return cut(pair);
    }
    client.write(chunk);
  });
  for (const socket of [client, member]) {
    if (shared.mode === 'stalled') socket.pause();
    socket.setNoDelay(true);
    socket.on('error', () => cut(pair));
    socket.on('close', () => {
      shared.pairs.delete(pair);
      cut(pair);
    });
  }
}

function cut({ client, member }: Pair): void {
  client.destroy();
  member.destroy();
}

/** Returns for each chunk whether a HEADERS frame begins in it, wherever the chunks are cut. */
export function frameReader(skipBytes: number): (chunk: Uint8Array) => boolean {
  let skip = skipBytes;
  let header: number[] = [];
  return (chunk) => {
    let found = false;
    for (let at = 0; at < chunk.length; ) {
      if (skip > 0) {
        const step = Math.min(skip, chunk.length - at);
        skip -= step;
        at += step;
        continue;
      }
      header.push(chunk[at] ?? 0);
      at += 1;
      if (header.length < FRAME_HEADER_BYTES) continue;
      const [high = 0, middle = 0, low = 0, type] = header;
      skip = high * 0x10000 + middle * 0x100 + low;
      found ||= type === HEADERS_FRAME;
      header = [];
    }
    return found;
  };
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the proxy has no port'));
      else resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}
