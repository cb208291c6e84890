import { type Clock, OVER } from '@watchbill/kit';
import { STEPS, type StepName, type UnitStep } from '../shapes/units.ts';

export type Deadlines = ReturnType<typeof createDeadlines>;

/**
 * Ends work at its deadline. One sleep serves all of it, because a timer and a signal for each claim cost
 * more than the claim's own checks. Without work there is no sleep.
 */
export function createDeadlines(clock: Clock) {
  const waiting = new Set<{ readonly endMs: number; readonly end: () => void }>();
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
    /** Calls `end` at this moment of the monotonic clock, unless the returned function was called before. */
    at(endMs: number, end: () => void): () => void {
      const one = { endMs, end };
      waiting.add(one);
      sleepUntil(endMs);
      return () => {
        if (waiting.delete(one) && waiting.size === 0) stop();
      };
    },
  };
}

export type StepTimes = ReturnType<typeof createStepTimes>;

/** How long a claim spent in each step, so that a slow answer names its cause: decision 0034. */
export function createStepTimes(clock: Pick<Clock, 'monotonicMs'>) {
  const totals: Record<StepName, number> = { queue: 0, wait: 0, store: 0, flush: 0 };
  let under: StepName | null = null;
  let sinceMs = 0;
  /** A step begins, or none; the one under way ends. */
  const begin = (name: StepName | null): void => {
    const nowMs = clock.monotonicMs();
    if (under !== null) totals[under] += nowMs - sinceMs;
    under = name;
    sinceMs = nowMs;
  };
  return {
    begin,
    end: (): void => begin(null),
    /** All steps, with the time of the one under way until now. */
    soFar(): readonly UnitStep[] {
      begin(under);
      return STEPS.map((name) => ({ name, ms: Math.round(totals[name] * 10) / 10 }));
    },
  };
}
