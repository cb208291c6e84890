import type { QuorumGroup, QuorumSchedule } from '../../quorum/group.ts';
import { windowSchedule } from '../../quorum/identity.ts';
import { planQuorum, quorumInputs } from '../../quorum/plan.ts';
import type { QuorumPlan } from '../../quorum/plan-port.ts';
import { windowOf } from '../../window.ts';
import type { ClockSource } from '../ports.ts';

/**
 * Plans of windows whose actions run. They are needed because after a restart an execution begins without its
 * procedure.
 */
export type PlanOf = (window: bigint, signal: AbortSignal) => Promise<QuorumPlan>;

/** Few windows have running actions at the same time. */
const MAX_PLANS = 8;

/**
 * Reads the inputs of a window from the chain and keeps its plan for a while. Rejects if the chain does not
 * answer.
 */
export function plansOf(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  clock: Pick<ClockSource, 'input'>,
): PlanOf {
  const kept = new Map<bigint, QuorumPlan>();
  return async (index, signal) => {
    const known = kept.get(index);
    if (known !== undefined) return known;
    const window = windowOf(windowSchedule(group), index);
    const asks = quorumInputs(group, schedule, window);
    const [seedInput, referenceHash] = await Promise.all(asks.map((ask) => clock.input(ask, signal)));
    if (seedInput === undefined || referenceHash === undefined) throw new Error('a window needs two inputs');
    const plan = planQuorum(group, schedule, window, seedInput, referenceHash);
    kept.set(index, plan);
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_PLANS) break;
      kept.delete(oldest);
    }
    return plan;
  };
}
