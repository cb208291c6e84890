/**
 * Ends work that takes longer than a limit which is the same for all. One timer serves all of it, because a
 * timer and an abort listener for each claim would cost more than the claim's own checks.
 */
export type Overdue = ReturnType<typeof createOverdue>;

interface Watched {
  /** On the monotonic clock of the process, in milliseconds. */
  readonly endMs: number;
  readonly end: () => void;
}

export function createOverdue(limitMs: number) {
  // In the order of arrival, which is the order of their ends.
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | null = null;

  function sweep(): void {
    timer = null;
    for (const one of watched) {
      if (one.endMs > performance.now()) break;
      watched.delete(one);
      one.end();
    }
    arm();
  }

  function arm(): void {
    const [oldest] = watched;
    if (timer !== null || oldest === undefined) return;
    // Rounded up: a timer that fires early would be set again.
    timer = setTimeout(sweep, Math.max(0, Math.ceil(oldest.endMs - performance.now())));
  }

  return {
    /** Calls `end` once after the limit, unless the returned function was called before. */
    watch(end: () => void): () => void {
      const one = { endMs: performance.now() + limitMs, end };
      watched.add(one);
      if (timer === null) arm();
      else timer.ref();
      return () => {
        watched.delete(one);
        // Without work the timer must not keep the process alive.
        if (watched.size === 0) timer?.unref();
      };
    },
  };
}
