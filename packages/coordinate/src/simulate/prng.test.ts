import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diceOf } from './prng.ts';

const THROWS = 20_000;

test('one text gives one sequence, another text another', () => {
  const first = diceOf('seed');
  const again = diceOf('seed');
  const other = diceOf('seed/');
  const throws = [first, again, other].map((dice) =>
    Array.from({ length: 50 }, () => dice.between(0, 1_000_000)),
  );
  assert.deepEqual(throws[0], throws[1]);
  assert.notDeepEqual(throws[0], throws[2]);
});

test('dice of their own do not depend on how often the others were thrown', () => {
  const fresh = diceOf('seed');
  const used = diceOf('seed');
  for (let i = 0; i < 7; i++) used.fraction();
  assert.equal(fresh.of('a').fraction(), used.of('a').fraction());
});

test('every side of a die comes up about as often, and none beyond', () => {
  const dice = diceOf('fair');
  const counts = new Map<number, number>();
  for (let i = 0; i < THROWS; i++) {
    const side = dice.between(1, 6);
    counts.set(side, (counts.get(side) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), [1, 2, 3, 4, 5, 6]);
  // Six standard deviations of a binomial distribution.
  const margin = 6 * Math.sqrt((THROWS * 5) / 36);
  for (const count of counts.values()) assert.ok(Math.abs(count - THROWS / 6) < margin, `${count}`);
});

test('nothing can be picked from nothing', () => {
  assert.throws(() => diceOf('a').pick([]), RangeError);
});
