import type { Clock } from '@watchbill/kit';
import type { Budget } from './budget.ts';
import type { Pd } from './pd.ts';

/** A start timestamp that was requested in advance is used within this time. */
const FRESH_MS = 50;

/** Hands out timestamps for transactions. */
export type Starts = ReturnType<typeof createStarts>;

/**
 * Start timestamps, one of them in advance: a request for a commit timestamp also gets the next timestamp,
 * for the transaction that follows, which saves that one a round trip.
 *
 * An old start timestamp is as safe as a new one. It names the transaction, and the locks fail if a key was
 * written after it. So with an older one, another client was faster more often; that is the only effect. The
 * lock's time is counted from it, so its age is added to that. A commit timestamp is never requested in
 * advance: it must be later than the locks.
 */
export function createStarts(pd: Pd, clock: Clock) {
  let spare: { readonly ts: bigint; readonly atMs: number } | null = null;

  return {
    /** A unique start timestamp, and its greatest possible age in milliseconds. */
    take: async (budget: Budget) => {
      const kept = spare;
      spare = null;
      const ageMs = kept === null ? 0 : Math.ceil(clock.monotonicMs() - kept.atMs);
      if (kept !== null && ageMs <= FRESH_MS) return { ts: kept.ts, ageMs };
      return { ts: await pd.timestamp(budget), ageMs: 0 };
    },
    /** A timestamp to commit at: requested now. */
    commitTs: async (budget: Budget) => {
      const atMs = clock.monotonicMs();
      const ts = await pd.timestamps(2, budget);
      spare = { ts: ts + 1n, atMs };
      return ts;
    },
  };
}
