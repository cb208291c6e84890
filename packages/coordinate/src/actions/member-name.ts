import type { QuorumPlan } from '../quorum/plan-port.ts';

/** What people call a seat. */
export function memberName({ group }: QuorumPlan, seat: number): string {
  return group.members[seat]?.name ?? `seat ${seat}`;
}
