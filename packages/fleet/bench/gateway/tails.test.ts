import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pair, pooled, pooledRatio, ratioInterval, shareBeyond } from './tails.ts';

const flat = (ms: number, count = 200) => new Float64Array(count).fill(ms);

/** So many samples of 1 ms, and so many stalled ones at the end. */
function stalled(count: number, stalls: number, ms: number): Float64Array {
  return flat(1, count).fill(ms, count - stalls);
}

test('pooled samples rise, and shares beyond a threshold do not count what lies on it', () => {
  const all = pooled([Float64Array.of(3, 1), Float64Array.of(2, 5)]);
  assert.deepEqual([...all], [1, 2, 3, 5]);
  assert.deepEqual(
    [0, 1, 2.5, 5].map((ms) => shareBeyond(all, ms)),
    [1, 0.75, 0.5, 0],
  );
});

test('the ratio is that of all requests: a stall of one round counts as much as it has requests, and no more', () => {
  const even: Pair[] = Array.from({ length: 10 }, () => ({ bare: flat(2), through: flat(3) }));
  assert.equal(pooledRatio(even, 0.99), 1.5);
  // 20 of 2,000 requests are 1 %: the p99 lies just below them; with 21 it is one of them.
  const one = (stalls: number) => [
    ...even.slice(1).map(() => ({ bare: flat(1), through: flat(1) })),
    { bare: flat(1), through: stalled(200, stalls, 40) },
  ];
  assert.equal(pooledRatio(one(20), 0.99), 1);
  assert.equal(pooledRatio(one(21), 0.99), 40);
});

test('the interval is narrow where rounds agree, holds the ratio, and widens where one round decides it', () => {
  const even: Pair[] = Array.from({ length: 4 }, () => ({ bare: flat(2), through: flat(3) }));
  const same = ratioInterval(even, 0.99, 1);
  assert.ok(same.low > 1.48 && same.high < 1.52, JSON.stringify(same));
  const odd = [...even.slice(1), { bare: flat(2), through: stalled(200, 60, 60) }];
  const wide = ratioInterval(odd, 0.99, 1);
  assert.ok(wide.low < 1.6 && wide.high > 25, JSON.stringify(wide));
  assert.deepEqual(ratioInterval(odd, 0.99, 1), wide, 'the same seed gives the same interval');
});
