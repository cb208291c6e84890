import type { ClientHttp2Session } from 'node:http2';

/** When a connection is asked for a sign of life by HTTP/2's ping. */
export interface KeepAlive {
  /** After so long without one, in milliseconds. Servers close connections that ask too often. */
  readonly intervalMs: number;
  /** A connection that leaves a ping without answer for so long is ended, in milliseconds. */
  readonly timeoutMs: number;
}

/** Signs of life of one connection. */
export type Pulse = ReturnType<typeof pulseOf>;

/** For a session that is connected. */
export function pulseOf(session: ClientHttp2Session, { intervalMs, timeoutMs }: KeepAlive) {
  let heardMs = performance.now();
  let calls = 0;
  let timer: NodeJS.Timeout | undefined;
  let asked: Promise<boolean> | null = null;

  const leftMs = (): number => heardMs + intervalMs - performance.now();

  function arm(): void {
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(1, leftMs()));
    timer.unref();
  }

  function look(): void {
    timer = undefined;
    if (calls === 0 || session.destroyed) return;
    if (leftMs() > 0) arm();
    else void ask().then((answered) => (answered ? arm() : undefined));
  }

  function ask(): Promise<boolean> {
    asked ??= ping(session, timeoutMs).then((answered) => {
      asked = null;
      if (answered) heardMs = performance.now();
      else session.destroy(new Error(`the peer did not answer a ping within ${timeoutMs} ms`));
      return answered;
    });
    return asked;
  }

  return {
    /** The peer sent something. */
    heard: (): void => {
      heardMs = performance.now();
    },
    /** A call begins; while any is open, silence is broken by pings. */
    began: (): void => {
      calls += 1;
      if (timer === undefined) arm();
    },
    ended: (): void => {
      calls -= 1;
    },
    /**
     * Null if the peer was heard within the interval. Else it is asked: true if it answers; false if not, and
     * then the connection is at its end.
     */
    verify: (): Promise<boolean> | null => (leftMs() > 0 ? null : ask()),
    /** The connection is over. */
    stop: (): void => clearTimeout(timer),
  };
}

function ping(session: ClientHttp2Session, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const fail = (): void => resolve(false);
  const timer = setTimeout(fail, timeoutMs);
  session.once('close', fail);
  try {
    if (!session.ping((error) => resolve(error === null))) fail();
  } catch {
    fail();
  }
  return promise.finally(() => {
    clearTimeout(timer);
    session.removeListener('close', fail);
  });
}
