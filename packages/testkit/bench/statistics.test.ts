import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectSamples, median, percentile, quartiles } from './statistics.ts';

test('a percentile is the nearest rank, and the highest is the maximum', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1);
  assert.equal(percentile(hundred, 0.5), 50);
  assert.equal(percentile(hundred, 0.99), 99);
  assert.equal(percentile(hundred, 1), 100);
  assert.equal(percentile(Float64Array.of(7), 0.01), 7);
  assert.throws(() => percentile(new Float64Array(), 0.5), /no samples/);
});

test('a median does not depend on the order', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.throws(() => median([]), /no values/);
});

test('quartiles lie between neighbours, and the middle one is the median', () => {
  assert.deepEqual(quartiles([5, 1, 4, 2, 3]), { low: 2, middle: 3, high: 4 });
  assert.deepEqual(quartiles([4, 1, 3, 2]), { low: 1.75, middle: 2.5, high: 3.25 });
  assert.deepEqual(quartiles([7]), { low: 7, middle: 7, high: 7 });
  assert.throws(() => quartiles([]), /no values/);
});

test('samples beyond the first room are kept, unsorted ones are sorted', () => {
  const samples = collectSamples(2);
  for (const ms of [5, 3, 1, 2, 4]) samples.add(ms);
  assert.deepEqual(samples.latency(), { samples: 5, p50Ms: 3, p99Ms: 5, p999Ms: 5, maxMs: 5 });
  assert.equal(samples.count(), 5);
});
