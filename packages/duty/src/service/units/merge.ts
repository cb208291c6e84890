import type { UnitFacts } from '../shapes/units.ts';

/**
 * Puts the facts of several services about the same units together, in the order in which the units first
 * come. A claim was decided by one service, so no claim comes twice.
 */
export function mergeFacts(all: readonly UnitFacts[]): readonly UnitFacts[] {
  const merged = new Map<string, UnitFacts>();
  for (const facts of all) {
    const name = `${facts.duty} ${facts.unit}`;
    const known = merged.get(name);
    merged.set(name, known === undefined ? facts : together(known, facts));
  }
  return [...merged.values()];
}

function together(one: UnitFacts, other: UnitFacts): UnitFacts {
  return {
    ...one,
    atMs: Math.min(one.atMs, other.atMs),
    due: one.due || other.due,
    claims: [...one.claims, ...other.claims],
    seen: one.seen ?? other.seen,
    // If only one observer saw a block of the slot, its report counts: two observers may follow two forks.
    passed: one.passed?.author == null ? (other.passed ?? one.passed) : one.passed,
  };
}
