import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeedBudget, readSeedBudget, type SeedBudgetOptions } from './seed-budget.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** A budget on virtual time, and a simulation of 100 windows that takes so many seconds. */
function budgetOf(options: Partial<Omit<SeedBudgetOptions, 'clock'>> = {}) {
  const clock = createVirtualClock();
  const given = { seconds: 10, firstSeed: 1, isDrawn: false, onlySeed: null, unit: 'windows' };
  const budget = createSeedBudget({ ...given, ...options, clock });
  const lasting = (seconds: number) => async (): Promise<number> => {
    await clock.advance(seconds * 1_000);
    return 100;
  };
  return { budget, clock, lasting };
}

test('seeds run while the share of the loop is likely to hold one more', async () => {
  const { budget, clock, lasting } = budgetOf();
  assert.deepEqual(await budget.run({ share: 1, minSeeds: 1 }, lasting(3)), ['1', '2', '3']);
  assert.equal(clock.monotonicMs(), 9_000);
  assert.deepEqual(await budget.run({ share: 0.5, minSeeds: 1 }, lasting(1)), ['1', '2', '3', '4', '5']);
  assert.equal(budget.summary(), 'simulation: 8 seeds, 800 windows in 14 s');
});

test('the fewest seeds and the known ones run without any time', async () => {
  const { budget, lasting } = budgetOf({ seconds: 0 });
  const loop = { share: 1, minSeeds: 2, known: ['139', '150'] };
  assert.deepEqual(await budget.run(loop, lasting(60)), ['139', '150', '1', '2']);
  assert.deepEqual(await budget.run(loop, lasting(0)), ['139', '150', '1', '2']);
  await assert.rejects(
    budget.run({ share: 1, minSeeds: 0 }, lasting(1)),
    /minSeeds must be at least 1; got 0/,
  );
});

test('one seed alone is run again alone', async () => {
  const { budget, lasting } = budgetOf({ onlySeed: '77', isDrawn: true });
  assert.deepEqual(await budget.run({ share: 1, minSeeds: 5, known: ['139'] }, lasting(0)), ['77']);
});

test('drawn seeds are named in the summary, large numbers with commas', async () => {
  const { budget } = budgetOf({ firstSeed: 4_711, isDrawn: true, seconds: 0 });
  assert.deepEqual(await budget.run({ share: 1, minSeeds: 2 }, () => 24_150), ['4711', '4712']);
  assert.equal(budget.summary(), 'simulation: 2 seeds, 48,300 windows in 0 s, seeds from 4711');
});

test('an error ends the loop, and its text names the seed', async () => {
  const { budget } = budgetOf({ firstSeed: 6 });
  const seen: string[] = [];
  const cause = new Error('two certificates');
  const simulate = (seed: string): number => {
    seen.push(seed);
    if (seed === '7') throw cause;
    return 1;
  };
  await assert.rejects(budget.run({ share: 1, minSeeds: 3 }, simulate), {
    message: 'seed 7: two certificates',
    cause,
  });
  assert.deepEqual(seen, ['6', '7']);
  assert.equal(budget.summary(), 'simulation: 2 seeds, 1 windows in 0 s');
});

test('the environment sets the seconds, and the long form draws the seeds', () => {
  const draw = () => 4_711;
  assert.deepEqual(readSeedBudget({}, draw), { seconds: 12, firstSeed: 1, isDrawn: false });
  assert.deepEqual(readSeedBudget({ WATCHBILL_LONG: '1' }, draw), {
    seconds: 100,
    firstSeed: 4_711,
    isDrawn: true,
  });
  const both = { WATCHBILL_LONG: '1', WATCHBILL_SIMULATION_SECONDS: '2.5' };
  assert.equal(readSeedBudget(both, draw).seconds, 2.5);
  assert.equal(readSeedBudget({ WATCHBILL_SIMULATION_SECONDS: '0' }, draw).seconds, 0);
  for (const wrong of ['', 'x', '-1', 'Infinity'])
    assert.throws(() => readSeedBudget({ WATCHBILL_SIMULATION_SECONDS: wrong }, draw), {
      message: `WATCHBILL_SIMULATION_SECONDS must be a number of seconds, for example 20; got "${wrong}"`,
    });
  const drawn = readSeedBudget({ WATCHBILL_LONG: '1' });
  assert.ok(Number.isSafeInteger(drawn.firstSeed) && drawn.firstSeed >= 1);
});
