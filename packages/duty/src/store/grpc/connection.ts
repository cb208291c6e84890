import { type ClientHttp2Session, connect } from 'node:http2';
import { causeText } from '@watchbill/kit';
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
  /** Grows with everything that calls receive. A silent connection is one whose number does not grow. */
  heard: number;
}

/** Begin a connection. `onGone` is called when new calls should use another one. */
export function dial(url: URL, tls: ChannelTls | null, onGone: (gone: Connection) => void): Connection {
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
  // It stays until the end, so that no late error of the session is without a listener.
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
