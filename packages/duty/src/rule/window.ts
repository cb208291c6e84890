import type { Duty } from './duties.ts';
import { type CeilingPolicy, LARGEST_STEPS } from './policy.ts';

/** Deepest round that may still be open below the newest one; protocol section 2. */
export const OPEN_ROUNDS = 16;

/**
 * The smallest window W of a duty whose older units may still be signed while newer ones run; 1 for all
 * others.
 *
 * A claimant that misbehaves can take every unit that the ceiling admits above the observed one. If W does
 * not hold all of these and the units that are still open, an open unit leaves the mark and its owner is
 * denied a vote, which stops its node. (set, round) admits a step inside the set and, from round 0 on, a step
 * inside the next.
 */
export function leastWindow(duty: Duty, ceilings: CeilingPolicy): number {
  if (duty.fields.at(-1)?.name !== 'round') return 1;
  const open = Math.max(OPEN_ROUNDS, ceilings.roundsBack ?? 0);
  const admitted = 2 * Math.min(ceilings.roundStep, LARGEST_STEPS.roundStep) + 1;
  return 1 + open + admitted;
}

/** The reason why a window W is too small for the duty under these ceilings, or null. */
export function windowProblem(duty: Duty, window: number, ceilings: CeilingPolicy): string | null {
  if (!Number.isSafeInteger(window) || window < 1) return 'the window is a whole number of at least 1';
  const least = leastWindow(duty, ceilings);
  if (window >= least) return null;
  return `the window of ${duty.name} is ${window}, and needs at least ${least} with this roundStep and roundsBack, because older rounds may still vote`;
}
