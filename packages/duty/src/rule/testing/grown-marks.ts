import fc from 'fast-check';
import type { Claim, Duty, Mark, Policy, Unit } from '../index.ts';
import { adopted, ask, digestOf, sampleClaim, samplePolicy } from './samples.ts';

/** Arbitrary claims and the marks that grow from them, for the properties of single decisions. */
export const START = 10;

/** Unit number `place` of a duty, by its last field: all in one slot or set if there are other fields. */
export function unitNumber(duty: Duty, place: number): Unit {
  return duty.fields.map((_, index) => (index === duty.fields.length - 1 ? BigInt(place) : 3n));
}

/** Well-formed native claims of listed nodes for units 1 to 30. */
export function anyClaim(duty: Duty): fc.Arbitrary<Claim> {
  return fc
    .record({
      place: fc.integer({ min: 1, max: 30 }),
      node: fc.constantFrom('ann', 'bob', 'cat'),
      start: fc.integer({ min: 1, max: 2 }),
      part: fc.constantFrom(...duty.parts),
      letter: fc.constantFrom('A' as const, 'B' as const, null),
      term: fc.bigInt(0n, 5n),
    })
    .map(({ place, node, start, part, letter, term }) =>
      sampleClaim(duty, unitNumber(duty, place), {
        parts: [part],
        owner: { node, incarnation: `${node}-${start}` },
        digest: part === 'enter' || letter === null ? null : digestOf(duty, letter),
        term: part === 'enter' ? term : null,
      }),
    );
}

/** The sample policy with one window for every duty. */
export function windowed(window: number): Policy {
  return samplePolicy({}, { window });
}

/** The mark after several claims, one after the other; a claim that is not granted leaves it unchanged. */
export function grow(mark: Mark, claims: readonly Claim[], policy: Policy): Mark {
  return claims.reduce((before, claim) => {
    const decision = ask(before, claim, { policy });
    return decision.outcome === 'grant' ? (decision.next ?? before) : before;
  }, mark);
}

/** A mark adopted at unit 10, some claims later, under a window of 1 to 6. */
export function anyMark(duty: Duty): fc.Arbitrary<{ mark: Mark; policy: Policy }> {
  return fc
    .tuple(fc.array(anyClaim(duty), { maxLength: 25, size: 'max' }), fc.integer({ min: 1, max: 6 }))
    .map(([claims, window]) => {
      const policy = windowed(window);
      return { mark: grow(adopted(duty, unitNumber(duty, START), policy), claims, policy), policy };
    });
}
