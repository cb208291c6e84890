/** Time as a port, so that everything above it runs unchanged in virtual time. */
export interface Clock {
  /** Unix milliseconds; may step. */
  nowMs(): number;
  /** Milliseconds that never go back, from an arbitrary origin. */
  monotonicMs(): number;
  /** Resolves after `ms`, or early when `signal` aborts, or after 24 days; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The reason of an abort that only ends a wait. Without a reason, each abort makes an exception with its
 * stack, which costs more than the rest of the wait.
 */
export const OVER = 'over';

/** The longest timer of Node, 24.8 days: a longer one would end after a millisecond. */
const LONGEST_MS = 2 ** 31 - 1;

/** The clock of this machine. Sleeping does not keep the process alive by itself when `unref` is true. */
export function systemClock(options: { readonly unref?: boolean } = {}): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const timer = setTimeout(done, Math.min(Math.max(0, ms), LONGEST_MS));
        if (options.unref === true) timer.unref();
        signal?.addEventListener('abort', done, { once: true });
        function done(): void {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        }
      }),
  };
}
