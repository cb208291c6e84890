import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMet } from '@watchbill/testkit/bench/budgets';
import { AGED_GROWTHS, growthBudgets, type PointFigures, toFirst } from './points.ts';

const figures = (serviceUs: number, p50Ms = 1): PointFigures => ({
  ...{ samples: 10, perSecond: 1_000, p50Ms, p99Ms: 9, serviceUs, storeUs: 0 },
  ...{ writtenBytes: 4_000, serviceMb: 90 },
});

test('a growth is a ratio to the smallest point of the same round', () => {
  const rounds = [
    { small: figures(100), large: figures(110) },
    { small: figures(200), large: figures(240) },
    { small: figures(100), large: figures(130) },
  ];
  const { low, middle, high } = toFirst(rounds, 'large', 'serviceUs');
  assert.deepEqual(
    [low, middle, high].map((ratio) => ratio.toFixed(2)),
    ['1.15', '1.20', '1.25'],
  );
  assert.throws(() => toFirst(rounds, 'larger', 'serviceUs'), /no point larger/);
});

test('the budgets compare the largest with the smallest', () => {
  const between = { middle: figures(900, 9) };
  const flat = [{ small: figures(100), ...between, large: figures(109) }];
  assert.deepEqual(growthBudgets('keys', flat).map(isMet), [true, true]);
  const costly = [{ small: figures(100), ...between, large: figures(111) }];
  assert.deepEqual(growthBudgets('past grants', costly).map(isMet), [false, true]);
  const slow = [{ small: figures(100), ...between, large: figures(100, 1.2) }];
  assert.deepEqual(growthBudgets('past grants', slow).map(isMet), [true, false]);
  assert.deepEqual(
    growthBudgets('past grants', slow).map(({ name }) => name),
    ['pastProcessorGrowth', 'pastP50Growth'],
  );
});

test('keys grow from 10 to 10,000, past grants from a thousand to ten million', () => {
  const [keys, past] = AGED_GROWTHS.map((growth) => growth.points(false));
  assert.deepEqual(
    keys?.map((age) => age.keys),
    [10, 100, 1_000, 10_000],
  );
  assert.deepEqual(
    past?.map((age) => age.keys * age.perKey),
    [1_000, 10_000, 100_000, 1_000_000, 10_000_000],
  );
});
