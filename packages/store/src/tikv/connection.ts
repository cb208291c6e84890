import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { causeText } from '@watchbill/base';
import type { TikvTls } from './options.ts';
import { RpcError, type RpcOptions, STATUS, textOf } from './rpc-error.ts';

/** A connection attempt that takes longer than this has failed. */
export const CONNECT_MS = 2_000;
/** Buffer for data that a store sends ahead; a page of records fits. */
const WINDOW_BYTES = 4 * 1_024 * 1_024;

/** A session of HTTP/2 with one server. */
export interface Connection {
  readonly session: ClientHttp2Session;
  readonly ready: Promise<void>;
  open: boolean;
  /** The number of answers received. A silent connection is one whose number does not grow. */
  heard: number;
}

/** Begin a connection; `onGone` is called when new calls should use another one. */
export function dial(url: URL, tls: TikvTls | null, onGone: (connection: Connection) => void): Connection {
  const settings = { initialWindowSize: WINDOW_BYTES, enablePush: false };
  const session = connect(url.origin, { settings, ...(tls === null ? {} : tls) });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => {});
  const made: Connection = { session, ready: promise, open: false, heard: 0 };
  let why: Error | undefined;
  session.once('connect', () => {
    // The session may have ended before this event; then `close` follows.
    if (session.destroyed || session.closed) return;
    made.open = true;
    session.setLocalWindowSize(WINDOW_BYTES);
    resolve();
  });
  session.on('error', (error) => {
    why = error;
  });
  session.once('goaway', () => onGone(made));
  session.once('close', () => {
    made.open = false;
    onGone(made);
    const message = `no connection to ${url.host}${why === undefined ? '' : `: ${causeText(why)}`}`;
    reject(new RpcError(STATUS.unavailable, message, false, why));
  });
  return made;
}

/** Open a stream for a call. Throws if that is not possible; then the call was not sent. */
export function begin({ session }: Connection, path: string): ClientHttp2Stream {
  try {
    return session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
  } catch (error) {
    throw new RpcError(STATUS.unavailable, `the connection ended: ${textOf(error)}`, false, error);
  }
}

/** Wait for a connection that other calls may share; only `onTimeout` ends it. */
export async function settled(
  ready: Promise<void>,
  options: RpcOptions,
  onTimeout: () => void,
): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new RpcError(STATUS.deadline, 'no connection in time', false));
    onTimeout();
  }, options.timeoutMs);
  const abort = (): void => reject(new RpcError(STATUS.canceled, 'was not waited for', false));
  if (options.signal?.aborted === true) abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([ready, promise]);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  }
}
