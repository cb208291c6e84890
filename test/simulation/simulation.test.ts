import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailpointName } from '@watchbill/permit';
import { AMBIGUOUS, BACK_IN_TIME, DEADLY, ONLY_BACK_IN_TIME, type Plan, ROUGH } from './plan.ts';
import { assertPromises, type Outcome, simulate } from './run.ts';

/**
 * The whole service in virtual time: two services, one store, two nodes of one identity. Every run follows from its
 * seed; `SEED=7 node --test test/simulation/simulation.test.ts` runs one seed through every plan.
 */
const SEED = process.env.SEED;

function seeds(count: number, known: readonly string[] = []): readonly string[] {
  return SEED === undefined
    ? [...Array.from({ length: count }, (_, index) => String(index + 1)), ...known]
    : [SEED];
}

/** With how many seeds each plan runs, and seeds that once showed a defect. */
const kinds: readonly [name: string, plan: Omit<Plan, 'seed'>, count: number, known?: readonly string[]][] = [
  ['a little of everything', ROUGH, 8, ['150']],
  ['every second transaction ambiguous', AMBIGUOUS, 8],
  ['services die at every step', DEADLY, 6, ['139']],
  ['the store goes back in time', BACK_IN_TIME, 5],
  ['the store goes back in time and nothing else happens', ONLY_BACK_IN_TIME, 6],
];

for (const [name, plan, count, known] of kinds) {
  test(`never twice: ${name}`, async (t) => {
    for (const seed of seeds(count, known)) {
      const outcome = await simulate({ ...plan, seed });
      t.diagnostic(summary(seed, outcome));
      assertPromises(outcome);
      assert.ok(outcome.releasesRough > 0, `nothing was signed, so nothing was tested: SEED=${seed}`);
      if (!plan.rollback)
        assert.ok(outcome.releasesCalm > 0, `nothing is granted when all is well again: SEED=${seed}`);
    }
  });
}

test('a service dies at every named step of a claim', async (t) => {
  if (SEED !== undefined) return t.skip('one seed alone need not meet every step');
  const died = new Set<string>();
  for (const seed of seeds(4)) {
    const { world } = await simulate({ ...DEADLY, seed });
    for (const event of world.history.events()) {
      const place = event.kind === 'remark' ? / dies at (.*)$/.exec(event.text)?.[1] : undefined;
      if (place !== undefined) died.add(place);
    }
  }
  const places: readonly FailpointName[] = [
    'after-append',
    'after-transaction',
    'before-append',
    'before-reply',
    'before-transaction',
    'claim-received',
  ];
  assert.deepEqual([...died].sort(), places);
});

test('a seed repeats its run to the last event, and another seed does not', async () => {
  const seed = SEED ?? '3';
  const first = await simulate({ ...ROUGH, seed });
  const again = await simulate({ ...ROUGH, seed });
  const other = await simulate({ ...ROUGH, seed: `${seed}-other` });
  assert.deepEqual(again.world.history.events(), first.world.history.events());
  assert.notDeepEqual(other.world.history.events(), first.world.history.events());
});

const controls: readonly [name: string, plan: Omit<Plan, 'seed'>, found: string, tries: number][] = [
  ['a store that ignores compares', { ...ROUGH, sabotage: 'ignore-compares' }, 'IJ', 40],
  ['services that forget when the store goes back', { ...ONLY_BACK_IN_TIME, sabotage: 'forget' }, 'IJ', 60],
  ['a disk that lies about its syncs', { ...ROUGH, sabotage: 'lying-disk' }, 'K', 3],
];

for (const [name, plan, invariants, tries] of controls) {
  test(`control, must be caught: ${name}`, async (t) => {
    for (const seed of seeds(tries)) {
      const outcome = await simulate({ ...plan, seed }).catch((error: unknown) => String(error));
      if (typeof outcome === 'string' || outcome.violation === null) continue;
      const { invariant, what, events } = outcome.violation;
      if (!invariants.includes(invariant)) continue;
      t.diagnostic(`seed ${seed}: invariant ${invariant}: ${what}`);
      assert.ok(events.length > 0);
      assert.throws(() => assertPromises(outcome), new RegExp(`run again with SEED=${seed}`));
      return;
    }
    assert.fail(`no seed of ${tries} showed it: the simulation is blind`);
  });
}

function summary(seed: string, { replies, releasesRough, releasesCalm }: Outcome): string {
  const granted = (replies.get('granted:new') ?? 0) + (replies.get('granted:repeat') ?? 0);
  return `seed ${seed}: ${granted} grants told, ${releasesRough} signatures amid faults, ${releasesCalm} after`;
}
