import type { QuorumPlan } from '../quorum/plan-port.ts';

/** The name of a seat. */
export function memberName({ group }: QuorumPlan, seat: number): string {
  return group.members[seat]?.name ?? `seat ${seat}`;
}
