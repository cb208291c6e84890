import { type Duty, signedParts } from './duties.ts';
import type { CeilingPolicy } from './policy.ts';

/**
 * Why a window W is too small for a duty whose older units may still be signed while newer ones run, or null.
 *
 * A claimant out of its mind can take every unit that the ceiling admits above what observers saw. If W does not
 * hold all of these and the units that are still open, an open unit leaves the mark and its owner is denied a vote,
 * which stops its node. (set, round) admits a step inside the set and, from round 0 on, a step inside the next.
 *
 * @param openUnits how many units below the highest observed one may still be signed
 */
export function windowProblem(
  duty: Duty,
  window: number,
  ceilings: CeilingPolicy,
  openUnits: number,
): string | null {
  if (!Number.isSafeInteger(window) || window < 1) return 'the window is a whole number of at least 1';
  if (signedParts(duty).length === 1) return null;
  const admitted = 2 * ceilings.roundStep + 1;
  const needed = 1 + openUnits + admitted;
  if (window >= needed) return null;
  return `the window of ${duty.name} is ${window}; a round step of ${ceilings.roundStep} needs at least ${needed}`;
}
