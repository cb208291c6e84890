import type { Clock } from '@watchbill/kit';
import type { LiveResource } from '../../file/live/index.ts';
import type { RolloutGates } from '../../file/network/index.ts';
import type { Plan } from '../../file/plan/index.ts';
import { isWorkload } from '../../file/plan/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import type { StepJudge } from '../apply/settings.ts';
import { analyse, verdictText } from './analysis.ts';
import { placesPort } from './places-port.ts';
import type { Ask } from './port.ts';

const MOST_COMPARED = 5;

export interface JudgeSettings {
  readonly plan: Plan;
  readonly targets: ReadonlyMap<string, IdentifiedTarget>;
  /** All that the network had when the run began. */
  readonly live: readonly LiveResource[];
  readonly gates: RolloutGates;
  readonly clock: Clock;
}

/**
 * The checks of a rollout for the steps of `fleet apply`: nodes that a step restarts are measured by those
 * that it does not touch, once. A new node has its chain to sync first, and authorship takes time: both are
 * left to the roll-out and to the person who watches.
 */
export function stepJudge({ plan, targets, live, gates, clock }: JudgeSettings): {
  readonly judge: StepJudge;
  readonly close: () => void;
} {
  const port = placesPort({ plan, steps: [], targets, live, before: {}, clock });
  return {
    judge: async ({ action, resourceId }, signal) => {
      const isUpdate = action === 'update' && isWorkload(resourceId.split('/')[1] ?? '');
      const changed = isUpdate ? port.nodesOf(resourceId) : [];
      if (changed.length === 0) return { state: 'healthy' };
      const others = port.others.map(({ node }) => node).filter((node) => !changed.includes(node));
      const baseline = others.slice(0, MOST_COMPARED);
      const asked: readonly Ask[] = [
        ...changed.map((node): Ask => ({ node, version: 'new', since: null })),
        ...baseline.map((node): Ask => ({ node, version: null, since: null })),
      ];
      const facts = await port.facts(asked, signal);
      const verdict = analyse({
        gates: { ...gates, authorship: null },
        changed: facts.slice(0, changed.length),
        baseline: facts.slice(changed.length),
        heldBefore: new Map(),
      });
      if (verdict.verdict === 'pass') return { state: 'healthy' };
      return { state: verdict.isFinal ? 'failed' : 'waiting', detail: verdictText(verdict) };
    },
    close: port.close,
  };
}
