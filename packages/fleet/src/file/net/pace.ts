import type { Clock } from '@watchbill/kit';

/**
 * How many requests are on their way at once. When the server asks to wait, all requests wait, and the limit
 * is halved. After as many good answers as the limit, the limit rises by one.
 */
export interface Pace {
  /** Runs the work when it is its turn. Rejects with the reason of the signal if that comes first. */
  readonly run: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** The server was busy: no request goes out for this time. */
  readonly holdBack: (ms: number) => void;
  readonly wentWell: () => void;
  /** The number of requests that may be under way now. */
  readonly limit: () => number;
}

export const MOST_IN_FLIGHT = 50;

export function createPace(clock: Clock, most: number = MOST_IN_FLIGHT): Pace {
  let limit = most;
  const places = turnstile(() => limit);
  let resumeAtMs = Number.NEGATIVE_INFINITY;
  /** Good answers since the limit last changed. */
  let well = 0;

  async function run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await places.enter(signal);
    try {
      for (
        let waitMs = resumeAtMs - clock.monotonicMs();
        waitMs > 0;
        waitMs = resumeAtMs - clock.monotonicMs()
      ) {
        await clock.sleep(waitMs, signal);
        signal.throwIfAborted();
      }
      return await work();
    } finally {
      places.leave();
    }
  }

  return {
    run,
    holdBack: (ms) => {
      // If several answers of one batch ask to wait, they count once.
      if (clock.monotonicMs() >= resumeAtMs) limit = Math.max(1, Math.floor(limit / 2));
      well = 0;
      resumeAtMs = Math.max(resumeAtMs, clock.monotonicMs() + ms);
    },
    wentWell: () => {
      well += 1;
      if (well < limit) return;
      well = 0;
      limit = Math.min(most, limit + 1);
      places.admit();
    },
    limit: () => limit,
  };
}

/** At most `limit()` callers are inside at once. The others wait in the order in which they came. */
function turnstile(limit: () => number) {
  const waiting: (() => void)[] = [];
  let inside = 0;

  function admit(): void {
    while (inside < limit()) {
      const next = waiting.shift();
      if (next === undefined) return;
      inside += 1;
      next();
    }
  }

  return {
    /** Lets callers in after the limit rose. */
    admit,
    enter: (signal: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        const abort = (): void => {
          const at = waiting.indexOf(enter);
          if (at >= 0) waiting.splice(at, 1);
          reject(signal.reason);
        };
        const enter = (): void => {
          signal.removeEventListener('abort', abort);
          resolve();
        };
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener('abort', abort, { once: true });
        waiting.push(enter);
        admit();
      }),
    leave: (): void => {
      inside -= 1;
      admit();
    },
  };
}
