import type { Clock } from '@watchbill/kit';

/** Calls `act` once after `ms` of a clock; returns the way to cancel it. */
export function after(clock: Pick<Clock, 'sleep'>, ms: number, act: () => void): () => void {
  const cancelled = new AbortController();
  void clock.sleep(ms, cancelled.signal).then(() => {
    if (!cancelled.signal.aborted) act();
  });
  return () => cancelled.abort();
}
