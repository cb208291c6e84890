import { type Clock, OVER, systemClock } from './clock.ts';

type Sleeper = Pick<Clock, 'sleep'>;

/** Resolves after the time, or early when the signal aborts; never rejects. */
export function pause(ms: number, signal: AbortSignal, time: Sleeper = systemClock()): Promise<void> {
  return time.sleep(ms, signal);
}

/**
 * The result of a call, which gets a signal that ends with the deadline, or with `signal`. Rejects at either,
 * even if the call ignores its signal; a later result is dropped.
 */
export async function within<Value>(
  what: string,
  timeoutMs: number,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<Value>,
  time: Sleeper = systemClock(),
): Promise<Value> {
  if (signal.aborted) throw new Error(`${what}: stopped`);
  const ended = new AbortController();
  const done = new AbortController();
  const limit = AbortSignal.any([signal, done.signal]);
  const late = pause(timeoutMs, limit, time).then(() => {
    if (done.signal.aborted) return;
    const text = signal.aborted ? `${what}: stopped` : `${what}: no answer within ${timeoutMs} ms`;
    const error = new Error(text);
    ended.abort(error);
    throw error;
  });
  try {
    const result = call(AbortSignal.any([signal, ended.signal]));
    // A result after the deadline may be an error, and no caller waits for it.
    result.catch(() => undefined);
    return (await Promise.race([result, late])) as Value;
  } finally {
    done.abort(OVER);
    late.catch(() => undefined);
  }
}

/** Pauses that double: the first, then twice as long each time, up to the longest. */
export function growingMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(firstMs * 2 ** Math.min(failures, 20), longestMs);
}
