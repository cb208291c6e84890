import { type Clock, OVER } from '@watchbill/kit';

/**
 * Ends work at its deadline. One sleep serves all of it, because a timer and a signal for each claim cost
 * more than the claim's own checks. Without work there is no sleep.
 */
export interface Deadlines {
  /** Calls `end` at this moment of the monotonic clock, unless the returned function was called before. */
  at(endMs: number, end: () => void): () => void;
}

interface Waiting {
  readonly endMs: number;
  readonly end: () => void;
}

export function createDeadlines(clock: Clock): Deadlines {
  const waiting = new Set<Waiting>();
  /** The end of the present sleep. */
  let untilMs = Number.POSITIVE_INFINITY;
  let ending = new AbortController();

  function sleepUntil(ms: number): void {
    if (ms >= untilMs) return;
    stop();
    untilMs = ms;
    ending = new AbortController();
    const { signal } = ending;
    void clock.sleep(ms - clock.monotonicMs(), signal).then(() => {
      if (!signal.aborted) wake(ms);
    });
  }

  function stop(): void {
    untilMs = Number.POSITIVE_INFINITY;
    ending.abort(OVER);
  }

  function wake(sleptMs: number): void {
    untilMs = Number.POSITIVE_INFINITY;
    // A sleep may end a fraction of a millisecond early.
    const dueMs = Math.max(sleptMs, clock.monotonicMs());
    for (const one of [...waiting]) if (one.endMs <= dueMs && waiting.delete(one)) one.end();
    sleepUntil(Math.min(...Array.from(waiting, ({ endMs }) => endMs)));
  }

  return {
    at(endMs, end) {
      const one = { endMs, end };
      waiting.add(one);
      sleepUntil(endMs);
      return () => {
        if (waiting.delete(one) && waiting.size === 0) stop();
      };
    },
  };
}
