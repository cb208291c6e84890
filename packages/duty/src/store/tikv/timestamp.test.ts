import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LAST_TIMESTAMP, physicalMs, timestampOf } from './timestamp.ts';

test('the counter has the lowest 18 bits and never reaches the milliseconds', () => {
  assert.equal(timestampOf(5n, 3n), 5n * 262_144n + 3n);
  assert.equal(timestampOf(5n, 262_143n), 6n * 262_144n - 1n);
  assert.equal(timestampOf(4n, 262_144n), 4n * 262_144n);
  assert.equal(physicalMs(timestampOf(1_800_000_000_123n, 262_143n)), 1_800_000_000_123);
});

test('the last timestamp fills 64 bits', () => {
  assert.equal(LAST_TIMESTAMP, 0xffff_ffff_ffff_ffffn);
});
