import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { causeText, messageOf } from '@watchbill/kit';
import { type KeepAlive, type Pulse, pulseOf } from './keep-alive.ts';
import { RpcError, type RpcOptions, STATUS } from './rpc-error.ts';

/** Buffer for data that a server sends ahead; a page of records fits. */
const WINDOW_BYTES = 4 * 1_024 * 1_024;

/** PEM texts. A client certificate needs both `cert` and `key`. */
export interface ChannelTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A session of HTTP/2 with one server. */
export interface Connection {
  readonly session: ClientHttp2Session;
  readonly ready: Promise<void>;
  open: boolean;
  /** The number of answers received. A silent connection is one whose number does not grow. */
  heard: number;
  /** Null before the connection is open, and for channels without pings. */
  pulse: Pulse | null;
}

/** How to dial, and what to do when new calls should use another connection. */
export interface DialOptions {
  readonly tls: ChannelTls | null;
  readonly keepAlive: KeepAlive | null;
  readonly onGone: (connection: Connection) => void;
}

/** Begin a connection. */
export function dial(url: URL, { tls, keepAlive, onGone }: DialOptions): Connection {
  const settings = { initialWindowSize: WINDOW_BYTES, enablePush: false };
  const session = connect(url.origin, { settings, ...(tls === null ? {} : tls) });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => {});
  const made: Connection = { session, ready: promise, open: false, heard: 0, pulse: null };
  let why: Error | undefined;
  session.once('connect', () => {
    // The session may have ended before this event; then `close` follows.
    if (session.destroyed || session.closed) return;
    made.open = true;
    if (keepAlive !== null) made.pulse = pulseOf(session, keepAlive);
    session.setLocalWindowSize(WINDOW_BYTES);
    resolve();
  });
  // It stays until the end, so that no late error of the session is without a listener.
  session.on('error', (error) => {
    why = error;
  });
  session.once('goaway', () => onGone(made));
  session.once('close', () => {
    made.open = false;
    made.pulse?.stop();
    onGone(made);
    const message = `no connection to ${url.host}${why === undefined ? '' : `: ${causeText(why)}`}`;
    reject(new RpcError(STATUS.unavailable, message, false, why));
  });
  return made;
}

/** Open a stream for a call. Throws if that is not possible; then the call was not sent. */
export function begin(
  { session, pulse }: Connection,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): ClientHttp2Stream {
  let stream: ClientHttp2Stream;
  try {
    stream = session.request({
      ...headers,
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
  } catch (error) {
    throw new RpcError(STATUS.unavailable, `the connection ended: ${messageOf(error)}`, false, error);
  }
  if (pulse !== null) {
    pulse.began();
    stream.once('close', () => pulse.ended());
  }
  return stream;
}

/** The peer sent something. */
export function heardFrom(made: Connection): void {
  made.heard += 1;
  made.pulse?.heard();
}

/**
 * Waits for work that other calls may share: only this caller stops waiting, with the error that `late` makes
 * of the status, `deadline` or `canceled`.
 */
export async function waited<T>(
  work: Promise<T>,
  { timeoutMs, signal }: RpcOptions,
  late: (status: number) => RpcError,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late(STATUS.deadline)), timeoutMs);
  const abort = (): void => reject(late(STATUS.canceled));
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
