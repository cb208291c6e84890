import {
  type Ceiling,
  type Claim,
  clockCeiling,
  type Observation,
  observedCeiling,
  type Policy,
} from '@watchbill/duty';
import type { CoreModules } from './modules.ts';

/** The ceiling of a claim: by the clock for slots, by what others saw for the rest. */
export function ceilingOf(modules: CoreModules, policy: Policy, claim: Claim): Ceiling {
  if (claim.duty.ceiling === 'clock') {
    return clockCeiling(claim.duty, policy.ceilings, modules.context.parts.clock.nowMs());
  }
  const observations = modules.observations.of(policy);
  return observedCeiling(claim.duty, policy.ceilings, unscoped(policy, observations), claim.owner.node);
}

/** Without set ids every round is of set 0, also the ones that observers saw; else no round would lie too far ahead. */
function unscoped(policy: Policy, observations: readonly Observation[]): readonly Observation[] {
  if (!policy.originalWire.enabled || policy.originalWire.roundScope !== 'unscoped') return observations;
  return observations.map((observation) =>
    observation.setId === null ? observation : { ...observation, setId: 0n },
  );
}
