import { type Clock, OVER } from '@watchbill/kit';

interface Nap {
  readonly untilMs: number;
  readonly abort: AbortController;
}

/** A timer's longest time is about 24 days; an alarm further away rings early, once a day. */
const LONGEST_NAP_MS = 86_400_000;

/** Rings once at the earliest of the moments that were set. The clock may be a fake one. */
export function createAlarm(clock: Clock, ring: () => void) {
  let nap: Nap | null = null;
  let closed = false;

  function clear(): void {
    nap?.abort.abort(OVER);
    nap = null;
  }

  return {
    /** In milliseconds of monotonic time. A later moment than the one it is set for changes nothing. */
    setFor: (momentMs: number): void => {
      if (closed || (nap !== null && nap.untilMs <= momentMs)) return;
      clear();
      const nowMs = clock.monotonicMs();
      const untilMs = Math.min(momentMs, nowMs + LONGEST_NAP_MS);
      const mine: Nap = { untilMs, abort: new AbortController() };
      nap = mine;
      void clock.sleep(Math.max(0, untilMs - nowMs), mine.abort.signal).then(() => {
        if (nap !== mine) return;
        nap = null;
        ring();
      });
    },
    clear,
    /** Clear it for ever. */
    close: (): void => {
      closed = true;
      clear();
    },
  };
}
