import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prngOf } from './prng.ts';

const THROWS = 20_000;

test('one text gives one sequence, another text another', () => {
  const first = prngOf('seed');
  const again = prngOf('seed');
  const other = prngOf('seed/');
  const throws = [first, again, other].map((prng) =>
    Array.from({ length: 50 }, () => prng.between(0, 1_000_000)),
  );
  assert.deepEqual(throws[0], throws[1]);
  assert.notDeepEqual(throws[0], throws[2]);
});

test('a separate stream does not depend on how often the others were used', () => {
  const fresh = prngOf('seed');
  const used = prngOf('seed');
  for (let i = 0; i < 7; i++) used.fraction();
  assert.equal(fresh.of('a').fraction(), used.of('a').fraction());
});

test('every value of a range comes up about as often, and none outside of it', () => {
  const prng = prngOf('fair');
  const counts = new Map<number, number>();
  for (let i = 0; i < THROWS; i++) {
    const side = prng.between(1, 6);
    counts.set(side, (counts.get(side) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), [1, 2, 3, 4, 5, 6]);
  // Six standard deviations of a binomial distribution.
  const margin = 6 * Math.sqrt((THROWS * 5) / 36);
  for (const count of counts.values()) assert.ok(Math.abs(count - THROWS / 6) < margin, `${count}`);
});

test('an empty list has no item to pick', () => {
  assert.throws(() => prngOf('a').pick([]), RangeError);
});
