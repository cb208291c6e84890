import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailpointName } from '@watchbill/duty/service';
import { seedBudget } from '@watchbill/kit/testing';
import { drawPlan } from './plan/draw.ts';
import type { Feature } from './plan/features.ts';
import { shrink } from './run/shrink.ts';
import { type Outcome, simulate } from './run/simulate.ts';
import { traceOf } from './run/trace.ts';

/**
 * The permission service in virtual time: services, nodes, observers and an operator, and what befalls them.
 * Each run follows from its seed; `npm run sim -- --seed 7` runs one again.
 */
const SEED = process.env.SEED ?? null;

const budget = seedBudget('events', SEED);

const FEWEST_SEEDS = 6;

test('no seed breaks a promise amid faults, and every due unit is granted after them', async (t) => {
  let signedAmidFaults = 0;
  await budget.run({ share: 1, minSeeds: FEWEST_SEEDS }, async (seed) => {
    const outcome = await simulate(drawPlan(seed));
    t.diagnostic(
      `seed ${seed}: ${outcome.releasesRough} signatures amid faults, ${outcome.releasesCalm} after`,
    );
    if (outcome.violation !== null) assert.fail(traceOf(await shrink(outcome)));
    signedAmidFaults += outcome.releasesRough;
    return outcome.world.history.events().length;
  });
  // A single seed may draw so many faults that the nodes sign only after them.
  assert.ok(
    SEED !== null || signedAmidFaults > 0,
    'no unit was signed amid faults, so the runs tested nothing',
  );
});

/** The features of the two runs that are compared event by event. */
const MANY: readonly Feature[] = [
  'second-key',
  'lossy-store',
  'lossy-network',
  'failpoints',
  'crashes',
  'probes',
];

test('a seed repeats its run to the last event, and another seed does not', async () => {
  const run = (seed: string): Promise<Outcome> =>
    simulate(drawPlan(seed, { features: MANY, safetyOnly: true }));
  const first = await run('3');
  const again = await run('3');
  const other = await run('4');
  assert.deepEqual(again.world.history.events(), first.world.history.events());
  assert.notDeepEqual(other.world.history.events(), first.world.history.events());
});

test('a service dies at every named step of a claim', async () => {
  const died = new Set<string>();
  for (const seed of ['1', '2', '3', '4', '5', '6']) {
    const plan = drawPlan(seed, { features: ['failpoints', 'second-key'], safetyOnly: true });
    const { world } = await simulate({ ...plan, failpoint: 0.05 });
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

const CONTROL_TRIES = 20;

for (const [sabotage, promises, features] of [
  ['ignore-compares', 'IJ', ['second-key', 'probes', 'crashes']],
  ['lying-disk', 'K', ['second-key']],
] as const) {
  test(`control, must be caught: ${sabotage}`, async (t) => {
    for (let seed = 1; seed <= CONTROL_TRIES; seed++) {
      const outcome = await simulate(drawPlan(String(seed), { features, sabotage, safetyOnly: true }));
      if (outcome.violation === null || !promises.includes(outcome.violation.promise)) continue;
      const trace = traceOf(outcome);
      t.diagnostic(`seed ${seed}: ${trace.split('\n')[0]}`);
      assert.match(trace, new RegExp(`run again: npm run sim -- --seed ${seed} .*--sabotage ${sabotage}`));
      return;
    }
    assert.fail(`no seed of ${CONTROL_TRIES} showed it: the simulation is blind`);
  });
}
