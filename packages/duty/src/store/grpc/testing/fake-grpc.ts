import type { ServerHttp2Stream } from 'node:http2';
import { type FakeEtcdOptions, fakeEtcd, fakeMessage, fakeStatus } from '../../etcd/testing/fake-etcd.ts';
import { frameReader } from '../frames.ts';

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

/** Called for each message of a call; paths look like `/tikvpb.Tikv/KvCommit`. */
export type FakeHandler = (path: string, message: Uint8Array) => FakeEnd | Promise<FakeEnd>;

export async function fakeServer(handle: FakeHandler, options: FakeEtcdOptions = {}): Promise<FakeServer> {
  const server = await fakeEtcd((stream, path) => serve(stream, path, handle), options);
  return { ...server, address: `127.0.0.1:${server.port}` };
}

function serve(stream: ServerHttp2Stream, path: string, handle: FakeHandler): void {
  const reader = frameReader();
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
  if ('status' in how) fakeStatus(stream, how.status, encodeURIComponent(how.text));
  else fakeMessage(stream, how.message);
}
