import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openQuota } from './quota.ts';
import { tierShape } from './settings.ts';

const TIER = tierShape.parse({ methods: ['*'], requestsPerSecond: 10, burst: 20 });

test('a burst, then the rate, and never more than both allow', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ waitMs: fc.nat(500), cost: fc.integer({ min: 1, max: 8 }) }), { maxLength: 200 }),
      (steps) => {
        let now = 0;
        let spent = 0;
        const quota = openQuota(() => now, 10);
        for (const { waitMs, cost } of steps) {
          now += waitMs;
          if (quota.spend('a', TIER, cost) === 0) spent += cost;
          assert.ok(spent <= 20 + now / 100 + 1e-6);
        }
      },
    ),
  );
});

test('a caller that waits for the given time may ask', () => {
  let now = 0;
  const quota = openQuota(() => now, 10);
  assert.equal(quota.spend('a', TIER, 20), 0);
  const waitMs = quota.spend('a', TIER, 5);
  assert.equal(waitMs, 500);
  now += waitMs;
  assert.equal(quota.spend('a', TIER, 5), 0);
});

test('what costs more than a burst is spent from a full one, and paid for afterwards', () => {
  let now = 0;
  const quota = openQuota(() => now, 10);
  assert.equal(quota.spend('a', TIER, 100), 0);
  assert.equal(quota.spend('a', TIER, 1), 8_100);
  now += 8_100;
  assert.equal(quota.spend('a', TIER, 1), 0);
});

test('callers are forgotten, not gathered', () => {
  const quota = openQuota(() => 0, 3);
  for (let i = 0; i < 100; i += 1) quota.spend(`caller ${i}`, TIER, 1);
  assert.equal(quota.size(), 3);
});
