import {
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { frameOf } from '../../grpc/frames.ts';

/** An HTTP/2 listener for tests; the test chooses how each request ends. */
export interface FakeEtcd {
  readonly endpoint: string;
  /** Its port on loopback. */
  readonly port: number;
  /** Paths of all requests that arrived, in order, with or without their message. */
  readonly requests: string[];
  /** How many connections were ever made to it. */
  connections(): number;
  close(): Promise<void>;
}

export type FakeAnswer = (stream: ServerHttp2Stream, path: string) => void;

/** Answer an RPC with a gRPC status and no message. */
export function fakeStatus(stream: ServerHttp2Stream, status: number, message: string): void {
  const headers = { 'content-type': 'application/grpc', 'grpc-status': `${status}`, 'grpc-message': message };
  stream.respond(headers, { endStream: true });
}

/** Answer an RPC with success and one message, empty unless its bytes are given. */
export function fakeMessage(stream: ServerHttp2Stream, message: Uint8Array = new Uint8Array()): void {
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(frameOf(message));
}

export interface FakeEtcdOptions {
  /** Listen here, for example where another one has listened before. Default: a free port. */
  readonly port?: number;
  /** With an authority, only for clients of its. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Called with the headers of each request. */
  readonly onHeaders?: (headers: IncomingHttpHeaders) => void;
}

export async function fakeEtcd(answer: FakeAnswer, options: FakeEtcdOptions = {}): Promise<FakeEtcd> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  // Also those on which no session ever began.
  let connections = 0;
  const { tls } = options;
  const verify = tls?.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  const server = tls === undefined ? createServer() : createSecureServer({ ...tls, ...verify });
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
  });
  server.on('session', (session) => session.on('error', () => {}));
  for (const event of ['sessionError', 'tlsClientError']) server.on(event, () => {});
  server.on('stream', (stream, headers) => {
    const path = headers[':path'] ?? '';
    requests.push(path);
    options.onHeaders?.(headers);
    stream.on('error', () => {});
    stream.resume();
    answer(stream, path);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
