import type { Tier } from './settings.ts';

interface Bucket {
  tokens: number;
  filledMs: number;
}

/**
 * Token buckets by caller, for a limited number of callers. The least recently active caller is forgotten,
 * and begins with a full bucket again.
 */
export interface Quota {
  /**
   * Spends the cost and returns 0, or returns the milliseconds until that much may be spent. A cost above the
   * burst needs a full bucket.
   */
  readonly spend: (caller: string, tier: Tier, cost: number) => number;
  readonly size: () => number;
}

/** `nowMs` is monotonic. */
export function openQuota(nowMs: () => number, mostCallers: number): Quota {
  const buckets = new Map<string, Bucket>();
  return {
    size: () => buckets.size,
    spend: (caller, { requestsPerSecond, burst }, cost) => {
      const now = nowMs();
      const bucket = buckets.get(caller) ?? { tokens: burst, filledMs: now };
      // Moved to the end: the first key is the one used least lately.
      buckets.delete(caller);
      buckets.set(caller, bucket);
      if (buckets.size > mostCallers) forgetFirst(buckets);
      const gained = ((now - bucket.filledMs) / 1_000) * requestsPerSecond;
      bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, gained));
      bucket.filledMs = now;
      const needed = Math.min(cost, burst);
      if (bucket.tokens < needed) return Math.ceil(((needed - bucket.tokens) / requestsPerSecond) * 1_000);
      bucket.tokens -= cost;
      return 0;
    },
  };
}

function forgetFirst(buckets: Map<string, Bucket>): void {
  for (const first of buckets.keys()) {
    buckets.delete(first);
    return;
  }
}
