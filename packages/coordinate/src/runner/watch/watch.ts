import type { QuorumPlan } from '../../quorum/plan-port.ts';
import type { QuorumRound } from '../../quorum/round.ts';
import type { RunEvent } from '../group-events.ts';

export type QuorumEvent = RunEvent<QuorumPlan, QuorumRound>;

/** A watcher of a group. Never throws. */
export type Watcher = (event: QuorumEvent) => void;

/** The state of a member in the open window; null between windows and before the inputs are known. */
export interface OpenWindow {
  readonly plan: QuorumPlan;
  readonly round: QuorumRound;
}

export function openWindowOf(event: QuorumEvent): OpenWindow | null {
  if (event.kind !== 'stepped') return null;
  const { running } = event.state;
  return running?.phase === 'procedure' ? { plan: running.plan, round: running.round } : null;
}

/** The name of the member on a seat. */
export function nameOf({ group }: Pick<QuorumPlan, 'group'>, seat: number | undefined): string {
  return (seat === undefined ? undefined : group.members[seat]?.name) ?? '?';
}
