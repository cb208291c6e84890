import { sameBytes } from './digest.ts';
import type { QuorumSchedule } from './group.ts';
import type { Value } from './messages.ts';
import { HAND_OVER, NOOP, type QuorumSelf } from './self.ts';

/**
 * The leases that may run, as far as a member knows: those whose values it committed to, or whose
 * certificates it saw.
 */
export interface Leases {
  /** The height at which the last one is over, hand-overs apart. */
  readonly until: bigint;
  /** A hand-over, which is never over; null if there was none. */
  readonly handOver: HandOver | null;
}

export interface HandOver {
  /**
   * Its content until the member sees a certificate of it. Until then the member signs the same hand-over
   * again, so that a window which ended too early does not block the group for ever. Null: it signs no
   * hand-over any more.
   */
  readonly open: Uint8Array | null;
}

export const NO_LEASES: Leases = { until: 0n, handOver: null };

/** The lease of a value whose window is over at `end`: committed to by a member, or certified. */
export function leaseOfValue(
  { action, validityBlocks, content }: Value,
  end: bigint,
  how: 'committed' | 'certified',
): Leases {
  if (action !== HAND_OVER) return { until: end + validityBlocks, handOver: null };
  return { until: end, handOver: { open: how === 'committed' ? content : null } };
}

/**
 * Joins both. After a certificate, or two hand-overs to different groups, a member signs no hand-over again.
 */
export function joined(one: Leases, other: Leases): Leases {
  const [until = 0n] = [one.until, other.until].toSorted((a, b) => (a < b ? 1 : -1));
  if (one.handOver === null || other.handOver === null)
    return { until, handOver: one.handOver ?? other.handOver };
  const [first, second] = [one.handOver.open, other.handOver.open];
  const isSame = first !== null && second !== null && sameBytes(first, second);
  return { until, handOver: { open: isSame ? first : null } };
}

/** Whether a lease may run at a height. */
export function mayRun({ until, handOver }: Leases, height: bigint): boolean {
  return until > height || handOver !== null;
}

/** Whether leases that may run at a height forbid a member to sign a value. */
export function forbids(leases: Leases, { action, content }: Value, height: bigint): boolean {
  if (action === NOOP || !mayRun(leases, height)) return false;
  const open = leases.handOver?.open ?? null;
  const isSameAgain = action === HAND_OVER && open !== null && sameBytes(open, content);
  return leases.until > height || !isSameAgain;
}

/** The longest lease that any version of a schedule gives, in blocks. That of a hand-over has no end. */
export function longestLease(schedule: QuorumSchedule): bigint {
  const leases = schedule.flatMap(({ agenda }) =>
    agenda.flatMap(({ action, validityBlocks }) => (action === HAND_OVER ? [] : [validityBlocks])),
  );
  return leases.toSorted((a, b) => (a < b ? 1 : -1))[0] ?? 0n;
}

/** Whether a lease of this group may begin at a height: it has no predecessor, or took over by then. */
export function holdsResource({ group, heldFrom }: QuorumSelf, height: bigint): boolean {
  return group.predecessor === undefined || (heldFrom !== undefined && heldFrom <= height);
}
