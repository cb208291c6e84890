import fc from 'fast-check';
import type { Duty, Part } from '../duties.ts';

/**
 * Arbitrary histories of one mark, for the model-based test. Places are counted from the highest unit so far,
 * so that claims often meet and histories go on for ever.
 */
export type Step =
  | {
      readonly do: 'claim';
      readonly ahead: number;
      /** A name, or null for the active node. */
      readonly node: string | null;
      readonly start: number;
      readonly parts: readonly Part[];
      readonly letter: 'A' | 'B' | null;
      /** Added to the watch term that holds when the claim is made. */
      readonly termShift: -1 | 0 | 1;
      readonly original: boolean;
    }
  | { readonly do: 'ceiling'; readonly ahead: number | null }
  /** A session opens: its base lies at this place, or is not known yet, or there is none. */
  | { readonly do: 'base'; readonly ahead: number | 'unknown' | null }
  | { readonly do: 'lowest'; readonly ahead: number | null }
  | { readonly do: 'window'; readonly window: number }
  | { readonly do: 'roster'; readonly roster: readonly string[] }
  | { readonly do: 'switch'; readonly enabled: boolean }
  | { readonly do: 'digest'; readonly required: boolean }
  | { readonly do: 'watch'; readonly node: string }
  /** Rounds are counted in another way. */
  | { readonly do: 'scope'; readonly roundScope: 'node-set' | 'unscoped' }
  | { readonly do: 'recover' }
  | { readonly do: 'adopt'; readonly ahead: number | null };

export const NODES: readonly string[] = ['ann', 'bob', 'cat'];
/** The fields that make its transaction accept a claim: the active node asks to enter. */
const onWatch = { parts: ['enter'] as const, node: null, termShift: 0 as const };

const somewhere = fc.constantFrom(-3, -2, -1, -1, 0, 0, 0, 1, 1, 2, 4);

function claims(duty: Duty): fc.Arbitrary<Step> {
  const singles = duty.parts.map((part): readonly Part[] => [part]);
  const several: readonly (readonly Part[])[] = duty.parts.includes('enter')
    ? [['enter', 'prevote'], ['prevote', 'precommit'], ['enter'], ['enter'], ['enter'], duty.parts]
    : [];
  const native = fc.record({
    do: fc.constant('claim' as const),
    ahead: somewhere,
    node: fc.constantFrom(...NODES, 'eve', null, null),
    start: fc.integer({ min: 1, max: 2 }),
    parts: fc.constantFrom(...singles, ...several),
    letter: fc.constantFrom('A' as const, 'A' as const, 'B' as const, null),
    termShift: fc.constantFrom(0 as const, 0 as const, -1 as const, 1 as const),
    original: fc.constant(false),
  });
  const original = native.map((step) => ({ ...step, parts: duty.parts, letter: null, original: true }));
  const opening = native.map((step) => ({ ...step, ...onWatch }));
  return fc.oneof(
    { weight: 6, arbitrary: native },
    { weight: 1, arbitrary: original },
    { weight: duty.parts.includes('enter') ? 6 : 0, arbitrary: opening },
  );
}

const ahead = fc.option(fc.integer({ min: -3, max: 3 }), { freq: 5 });

const circumstances: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('ceiling' as const), ahead }),
  fc.record({ do: fc.constant('lowest' as const), ahead }),
  fc.record({
    do: fc.constant('base' as const),
    ahead: fc.constantFrom('unknown' as const, null, -2, -1, 0, 0, 1),
  }),
  fc.record({ do: fc.constant('window' as const), window: fc.constantFrom(1, 2, 3, 5, 64) }),
  fc.record({ do: fc.constant('roster' as const), roster: fc.subarray([...NODES]) }),
  fc.record({ do: fc.constant('switch' as const), enabled: fc.boolean() }),
  fc.record({ do: fc.constant('digest' as const), required: fc.boolean() }),
  fc.record({ do: fc.constant('watch' as const), node: fc.constantFrom(...NODES) }),
  fc.record({
    do: fc.constant('scope' as const),
    roundScope: fc.constantFrom('node-set' as const, 'node-set' as const, 'unscoped' as const),
  }),
  fc.record({ do: fc.constant('recover' as const) }),
  fc.record({ do: fc.constant('adopt' as const), ahead }),
);

/** Histories that begin with an adopted key, mostly claims, now and then a change of circumstances. */
export function histories(duty: Duty): fc.Arbitrary<readonly Step[]> {
  const relieve: fc.Arbitrary<Step> = fc.record({
    do: fc.constant('watch' as const),
    node: fc.constantFrom(...NODES),
  });
  const step = fc.oneof(
    { weight: 14, arbitrary: claims(duty) },
    { weight: 2, arbitrary: circumstances },
    { weight: duty.parts.includes('enter') ? 3 : 0, arbitrary: relieve },
  );
  return fc.array(step, { maxLength: 60, size: 'max' });
}
