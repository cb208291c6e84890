import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { backoffMs } from './backoff.ts';
import { tokenBucket } from './token-bucket.ts';

describe('the quota of a member', () => {
  test('a burst, then refills over time, never more than the burst', () => {
    let atMs = 0;
    const bucket = tokenBucket({ perSecond: 2, burst: 3 }, () => atMs);
    const taken = (count: number) => Array.from({ length: count }, () => bucket.take());
    assert.deepEqual(taken(4), [true, true, true, false]);
    atMs = 499;
    assert.deepEqual(taken(1), [false]);
    atMs = 500;
    assert.deepEqual(taken(2), [true, false]);
    atMs = 1_000_000;
    assert.deepEqual(taken(4), [true, true, true, false]);
  });

  test('a clock that goes back gives no token, and takes none that comes later', () => {
    let atMs = 10_000;
    const bucket = tokenBucket({ perSecond: 1, burst: 1 }, () => atMs);
    assert.ok(bucket.take());
    atMs = 0;
    assert.equal(bucket.take(), false);
    atMs = 1_000;
    assert.ok(bucket.take());
  });
});

test('waits between attempts double up to the last, between half and the whole', () => {
  const limits = { firstMs: 100, lastMs: 1_000 };
  assert.deepEqual(
    [0, 1, 2, 3, 4, 1_000_000].map((failures) => backoffMs(failures, limits, 1)),
    [100, 200, 400, 800, 1_000, 1_000],
  );
  assert.equal(backoffMs(0, limits, 0), 50);
  assert.equal(backoffMs(9, limits, 0), 500);
});
