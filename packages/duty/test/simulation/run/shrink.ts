import { NO_FAULTS } from '@watchbill/testkit/sim';
import type { Plan } from '../plan/plan.ts';
import { type Outcome, simulate } from './simulate.ts';

/** A plan that is a little smaller, if that is possible. */
type Change = (plan: Plan) => Plan;

const withoutNoise: readonly Change[] = [
  (plan) => ({ ...plan, store: { ...NO_FAULTS, delayMs: plan.store.delayMs } }),
  (plan) => ({ ...plan, network: { ...plan.network, lose: 0, double: 0 } }),
  (plan) => ({ ...plan, failpoint: 0 }),
  (plan) => ({ ...plan, diskFailure: 0 }),
  (plan) => ({ ...plan, features: without(plan, ['late-votes', 'beefy']) }),
];

function without(plan: Plan, names: readonly string[]): Plan['features'] {
  return new Set([...plan.features].filter((feature) => !names.includes(feature)));
}

export interface ShrinkLimits {
  /** Runs that may be spent; 60 unless given. */
  readonly runs?: number;
}

/**
 * Drops steps and noise while the same promise stays broken, first in halves and then one by one. Dropping a
 * step leaves the draws of the others as they are.
 */
export async function shrink(failed: Outcome, limits: ShrinkLimits = {}): Promise<Outcome> {
  const promise = failed.violation?.promise;
  if (promise === undefined) return failed;
  let best = failed;
  let left = limits.runs ?? 60;

  async function attempt(plan: Plan): Promise<boolean> {
    if (left <= 0) return false;
    left -= 1;
    const outcome = await simulate(plan);
    if (outcome.violation?.promise !== promise) return false;
    best = outcome;
    return true;
  }

  await attempt(shortened(best));
  for (const change of withoutNoise) await attempt(change(best.world.plan));
  for (
    let size = Math.ceil(best.world.plan.steps.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < best.world.plan.steps.length; ) {
      const { plan } = best.world;
      const steps = plan.steps.filter((_, index) => index < from || index >= from + size);
      if (!(await attempt({ ...plan, steps }))) from += size;
    }
  }
  return best;
}

/** A run of safety may end once the promise was broken. */
function shortened({ world, violation }: Outcome): Plan {
  const lastMs = Math.max(...(violation?.events ?? []).map(({ atMs }) => atMs));
  const beganMs = world.clock.nowMs() - world.clock.monotonicMs();
  if (!Number.isFinite(lastMs)) return world.plan;
  const steps = world.plan.steps.filter(({ atMs }) => beganMs + atMs <= lastMs + 1_000);
  return { ...world.plan, steps };
}
