import {
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** An HTTP/2 listener for tests; the test chooses how each request ends. */
export interface FakeEtcd {
  readonly endpoint: string;
  /** Its port on loopback. */
  readonly port: number;
  /** Paths of all requests that arrived, in order, with or without their message. */
  readonly requests: string[];
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
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([frame, message]));
}

export interface FakeEtcdOptions {
  /** Listen here, for example where another one has listened before. Default: a free port. */
  readonly port?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Called with the headers of each request. */
  readonly onHeaders?: (headers: IncomingHttpHeaders) => void;
}

export async function fakeEtcd(answer: FakeAnswer, options: FakeEtcdOptions = {}): Promise<FakeEtcd> {
  const requests: string[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = options.tls === undefined ? createServer() : createSecureServer(options.tls);
  server.on('session', (session) => sessions.add(session));
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
    endpoint: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    close: async () => {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
