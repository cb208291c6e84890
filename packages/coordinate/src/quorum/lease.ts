import type { QuorumSchedule } from './group.ts';
import { HAND_OVER, type QuorumSelf } from './self.ts';

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
