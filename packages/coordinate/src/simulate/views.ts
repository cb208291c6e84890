import { sameBytes } from '../quorum/digest.ts';
import type { QuorumPlan } from '../quorum/plan-port.ts';
import type { QuorumRound } from '../quorum/round.ts';
import type { MemberState } from './member-process.ts';

/** The round of a member in a window, if it has come so far; null otherwise. */
export function roundIn(state: MemberState, window: bigint): QuorumRound | null {
  const { running } = state;
  return running?.phase === 'procedure' && running.window.index === window ? running.round : null;
}

/** The plan of a window as a member computed it. */
export function planIn(state: MemberState, window: bigint): QuorumPlan | null {
  const { running } = state;
  return running?.phase === 'procedure' && running.window.index === window ? running.plan : null;
}

/** Whether a member that has this schedule works under the common plan. */
export function sharesPlan(own: QuorumPlan, plan: QuorumPlan): boolean {
  return (
    sameBytes(own.scheduleDigest, plan.scheduleDigest) &&
    sameBytes(own.seedInput, plan.seedInput) &&
    sameBytes(own.referenceHash, plan.referenceHash)
  );
}
