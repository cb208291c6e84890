/** How many frames a member may send: `burst` at once, refilled by `perSecond`. */
export interface Quota {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * A quota that refills with time. `take` returns whether there was room for one more. If the clock goes back,
 * it does not refill, and time counts on from the new value.
 */
export function tokenBucket(quota: Quota, nowMs: () => number): { take(): boolean } {
  let tokens = quota.burst;
  let filledAtMs = nowMs();
  return {
    take: () => {
      const atMs = nowMs();
      const passedMs = Math.max(0, atMs - filledAtMs);
      filledAtMs = atMs;
      tokens = Math.min(quota.burst, tokens + (passedMs / 1000) * quota.perSecond);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
