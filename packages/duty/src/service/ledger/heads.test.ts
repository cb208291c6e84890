import assert from 'node:assert/strict';
import { test } from 'node:test';
import { higherPosition, type Position } from './heads.ts';

const at = (epoch: string, seq: bigint, hash = `${epoch}${seq}`): Position => ({ epoch, seq, hash });

test('within an epoch the higher seq is the head', () => {
  assert.equal(higherPosition(at('e1', 5n), at('e1', 6n), true).seq, 6n);
  assert.equal(higherPosition(at('e1', 6n), at('e1', 5n), true).seq, 6n);
});

test('of two entries with one seq the first stays', () => {
  assert.equal(higherPosition(at('e1', 5n, 'aa'), at('e1', 5n, 'bb'), true).hash, 'aa');
});

test('an epoch never seen before voids the older memory, even with a lower seq', () => {
  assert.deepEqual(higherPosition(at('e1', 80n), at('e2', 51n), false), at('e2', 51n));
});

test('a late entry of an epoch left behind changes nothing, even with a higher seq', () => {
  assert.deepEqual(higherPosition(at('e2', 51n), at('e1', 81n), true), at('e2', 51n));
});

test('the first entry is the head', () => {
  assert.deepEqual(higherPosition(null, at('e1', 9n), false), at('e1', 9n));
});
