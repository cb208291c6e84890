import { type Ceiling, type Claim, clockCeiling, observedCeiling, type Policy } from '@watchbill/duty';
import type { CoreModules } from './modules.ts';

/** The ceiling of a claim: by the clock for slots, by what others saw for the rest. */
export function ceilingOf(modules: CoreModules, policy: Policy, claim: Claim): Ceiling {
  if (claim.duty.ceiling === 'clock') {
    return clockCeiling(claim.duty, policy.ceilings, modules.context.parts.clock.nowMs());
  }
  return observedCeiling(claim.duty, policy.ceilings, modules.observations.of(policy), claim.owner.node);
}
