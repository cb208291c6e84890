/**
 * A timestamp of the cluster: milliseconds since 1970 of PD's clock, shifted, plus a counter. Unique, and
 * linearizable: a timestamp that is requested after another one was answered is greater.
 */
const LOGICAL_BITS = 18n;
const LOGICAL_MASK = (1n << LOGICAL_BITS) - 1n;
/** At this timestamp, the time of every lock is over. */
export const LAST_TIMESTAMP = (1n << 64n) - 1n;

export function timestampOf(physicalMs: bigint, logical: bigint): bigint {
  return (physicalMs << LOGICAL_BITS) | (logical & LOGICAL_MASK);
}

/** Milliseconds since 1970 by PD's clock. */
export function physicalMs(timestamp: bigint): number {
  return Number(timestamp >> LOGICAL_BITS);
}
