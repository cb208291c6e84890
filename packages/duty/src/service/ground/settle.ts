import { type Clock, OVER, pause } from '@watchbill/kit';

/**
 * The value, or null if the promise did not settle in time or `signal` aborted first. A rejection in time is
 * passed on; a late one is dropped.
 */
export async function settleWithin<Value>(
  work: Promise<Value>,
  timeoutMs: number,
  { signal, clock }: { readonly signal?: AbortSignal; readonly clock?: Clock } = {},
): Promise<Value | null> {
  const done = new AbortController();
  const ends = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal]);
  const late = pause(timeoutMs, ends, clock).then(() => null);
  return Promise.race([work, late]).finally(() => done.abort(OVER));
}
