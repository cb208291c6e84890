import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { frameOf, frameReader } from '../frames.ts';

/**
 * The end of a call: a message, a status without message, silence, a broken stream or a broken connection.
 * For tests.
 */
export type FakeEnd =
  | { readonly message: Uint8Array }
  | { readonly status: number; readonly text: string }
  | 'silence'
  | 'reset'
  | 'destroy';

/** A server that speaks gRPC's frames; the test chooses how each call ends. */
export interface FakeServer {
  /** Host and port. */
  readonly address: string;
  /** How many connections were ever made to it. */
  connections(): number;
  close(): Promise<void>;
}

export interface FakeServerOptions {
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** The same port again, after a close. */
  readonly port?: number;
}

/** Called for each message of a call; paths look like `/tikvpb.Tikv/KvCommit`. */
export type FakeHandler = (path: string, message: Uint8Array) => FakeEnd | Promise<FakeEnd>;

export async function fakeServer(handle: FakeHandler, options: FakeServerOptions = {}): Promise<FakeServer> {
  const server = made(options);
  const sockets = new Set<Socket>();
  // Also those on which no session ever began.
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('session', (session) => session.on('error', () => {}));
  server.on('sessionError', () => {});
  server.on('tlsClientError', () => {});
  server.on('stream', (stream: ServerHttp2Stream, headers) => serve(stream, headers[':path'] ?? '', handle));
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function made({ tls }: FakeServerOptions): Http2Server | Http2SecureServer {
  if (tls === undefined) return createServer();
  const client = tls.ca === undefined ? {} : { ca: tls.ca, requestCert: true, rejectUnauthorized: true };
  return createSecureServer({ cert: tls.cert, key: tls.key, ...client });
}

function serve(stream: ServerHttp2Stream, path: string, handle: FakeHandler): void {
  const reader = frameReader();
  stream.on('error', () => {});
  let queue = Promise.resolve();
  stream.on('data', (chunk: Buffer) => {
    for (const message of reader.push(chunk)) {
      queue = queue.then(async () => end(stream, await handle(path, message)));
    }
  });
}

function end(stream: ServerHttp2Stream, how: FakeEnd): void {
  if (how === 'silence' || stream.destroyed) return;
  if (how === 'reset') {
    stream.close(8);
    return;
  }
  if (how === 'destroy') {
    stream.session?.destroy();
    return;
  }
  const type = { 'content-type': 'application/grpc' };
  if ('status' in how) {
    const status = { 'grpc-status': `${how.status}`, 'grpc-message': encodeURIComponent(how.text) };
    stream.respond({ ...type, ...status }, { endStream: true });
    return;
  }
  stream.respond(type, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(frameOf(how.message));
}
