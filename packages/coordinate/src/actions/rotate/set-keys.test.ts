import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mortalPeriod } from './set-keys.ts';

test('an extrinsic is good for 64 blocks at most, and never after the lease', () => {
  const periods = [1_000n, 164n, 163n, 132n, 107n, 104n, 103n, 100n, 50n].map((end) =>
    mortalPeriod(100n, end),
  );
  assert.deepEqual(periods, [64, 64, 32, 32, 4, 4, null, null, null]);
});
