import type { Clock } from '@watchbill/kit';
import { after } from '../../time/after.ts';

/** Time limit of a call, with its clock and an abort signal. */
export interface Limit {
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
}

/**
 * The result of a call, which gets a signal that aborts at the deadline or with `signal`. Rejects at either,
 * even if the call ignores its signal: its late result is dropped.
 */
export async function within<Value>(
  what: string,
  { timeoutMs, clock, signal }: Limit,
  call: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted();
  const ended = new AbortController();
  const limit = Promise.withResolvers<never>();
  const give = (error: Error): void => {
    ended.abort(error);
    limit.reject(error);
  };
  const cancel = after(clock, timeoutMs, () => give(new Error(`${what}: no answer within ${timeoutMs} ms`)));
  const onStop = (): void => give(new Error(`${what}: stopped`));
  signal.addEventListener('abort', onStop, { once: true });
  try {
    return await Promise.race([call(ended.signal), limit.promise]);
  } finally {
    cancel();
    signal.removeEventListener('abort', onStop);
    limit.promise.catch(() => undefined);
  }
}
