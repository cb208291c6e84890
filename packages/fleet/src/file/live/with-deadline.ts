import type { Clock } from '@watchbill/kit';

/**
 * Runs `work` with a signal that aborts after `ms` on this clock, or as soon as `outer` aborts. The wait ends
 * with the work, so it keeps no process alive.
 */
export async function withDeadline<Value>(
  clock: Pick<Clock, 'sleep'>,
  ms: number,
  outer: AbortSignal | null,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const late = new AbortController();
  const done = new AbortController();
  void clock.sleep(ms, done.signal).then(() => {
    if (!done.signal.aborted) late.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError'));
  });
  try {
    return await work(outer === null ? late.signal : AbortSignal.any([outer, late.signal]));
  } finally {
    done.abort();
  }
}
