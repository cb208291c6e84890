import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock } from '@watchbill/base';
import { createSeedBudget, readSeedBudget } from '@watchbill/base/testing';
import type { FailpointName } from '@watchbill/permit';
import { AMBIGUOUS, BACK_IN_TIME, DEADLY, ONLY_BACK_IN_TIME, type Plan, ROUGH } from './plan.ts';
import { assertPromises, type Outcome, simulate } from './run.ts';

/**
 * The whole service in virtual time: two services, one store, two nodes of one identity. Every run follows
 * from its seed; `SEED=7 node --test test/simulation/simulation.test.ts` runs one seed through every plan.
 */
const SEED = process.env.SEED;

const budget = createSeedBudget({
  ...readSeedBudget(process.env),
  clock: systemClock(),
  onlySeed: SEED ?? null,
  unit: 'events',
});
after(() => process.stdout.write(`${budget.summary()}\n`));

/**
 * The same in every form, also with SEED: these tests look for something that one seed alone need not show.
 */
function fixedSeeds(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1));
}

/** The share of the time that each plan has, and seeds that once showed a defect. */
const kinds: readonly [name: string, plan: Omit<Plan, 'seed'>, share: number, known?: readonly string[]][] = [
  ['a little of everything', ROUGH, 0.3, ['150']],
  ['every second transaction ambiguous', AMBIGUOUS, 0.2],
  ['services die at every step', DEADLY, 0.2, ['139']],
  ['the store goes back in time', BACK_IN_TIME, 0.2],
  ['the store goes back in time and nothing else happens', ONLY_BACK_IN_TIME, 0.1],
];

for (const [name, plan, share, known = []] of kinds) {
  test(`never twice: ${name}`, async (t) => {
    await budget.run({ share, minSeeds: 2, known }, async (seed) => {
      const outcome = await simulate({ ...plan, seed });
      t.diagnostic(summary(seed, outcome));
      assertPromises(outcome);
      assert.ok(outcome.releasesRough > 0, `nothing was signed, so nothing was tested: SEED=${seed}`);
      if (!plan.rollback)
        assert.ok(outcome.releasesCalm > 0, `nothing is granted when all is well again: SEED=${seed}`);
      return outcome.world.history.events().length;
    });
  });
}

test('a service dies at every named step of a claim', async () => {
  const died = new Set<string>();
  for (const seed of fixedSeeds(4)) {
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
    for (const seed of fixedSeeds(tries)) {
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
