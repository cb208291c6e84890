import type { QuorumSchedule } from './group.ts';

/** The longest lease that any version of a schedule gives, in blocks. */
export function longestLease(schedule: QuorumSchedule): bigint {
  const leases = schedule.flatMap(({ agenda }) => agenda.map(({ validityBlocks }) => validityBlocks));
  return leases.toSorted((a, b) => (a < b ? 1 : -1))[0] ?? 0n;
}
