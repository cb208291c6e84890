import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ascending, quantile, scaled, scaledBetween, statisticsOf, variance } from './quantile.ts';

test('quantiles interpolate at (n - 1) * q', () => {
  const sorted = ascending([3, 1, 2, 10]);
  assert.equal(quantile(sorted, 0), 1);
  assert.equal(quantile(sorted, 1), 10);
  assert.equal(quantile(sorted, 0.5), 2.5);
  assert.equal(quantile(sorted, 0.9), 3 + (3 * 0.9 - 2) * 7);
  assert.equal(quantile([], 0.5), undefined);
  assert.equal(quantile([7], 0.3), 7);
});

test('scaling clamps at both quantiles, and an empty population gives 0', () => {
  const sorted = ascending(Array.from({ length: 101 }, (_, i) => i));
  assert.equal(scaled(10, sorted), 0);
  assert.equal(scaled(90, sorted), 1);
  assert.equal(scaled(50, sorted), 0.5);
  assert.equal(scaledBetween(5, [], 0, 1), 0);
  assert.equal(scaledBetween(Number.NaN, sorted, 0, 1), 0);
  // If all numbers are equal, the value is at the lower quantile, so the result is 0.
  assert.equal(scaled(4, ascending([4, 4, 4])), 0);
  assert.equal(scaled(5, ascending([4, 4, 4])), 1);
});

test('the spread of a population', () => {
  const { mean, standardDeviation, q50, count } = statisticsOf(ascending([2, 4, 4, 4, 5, 5, 7, 9]));
  assert.deepEqual([mean, q50, count], [5, 4.5, 8]);
  assert.equal(standardDeviation, Math.sqrt(32 / 7));
  assert.equal(variance([2, 4, 4, 4, 5, 5, 7, 9]), 4);
  assert.deepEqual(Object.values(statisticsOf([])), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});
