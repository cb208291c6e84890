import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confirmation, isNear, type Seen } from './confirm.ts';

const seen = (setId: bigint, round: bigint, confirmed: boolean): Seen => ({ setId, round, confirmed });
const reading = (setId: bigint, bestRound: bigint) => ({ setId, bestRound });

test('a set that was confirmed stays confirmed; one that was not is not by being read twice', () => {
  assert.equal(confirmation(seen(5n, 9n, true), reading(5n, 10n)), 'known');
  assert.equal(confirmation(seen(5n, 9n, false), reading(5n, 9n)), 'ask-records');
});

test('the first set of a chain follows no other', () => {
  assert.equal(confirmation(undefined, reading(0n, 100n)), 'first-set');
});

test('a round that restarts confirms the set that was read before', () => {
  assert.equal(confirmation(seen(5n, 80n, false), reading(5n, 1n)), 'restarted');
  assert.equal(confirmation(seen(5n, 80n, false), reading(5n, 2n)), 'restarted');
  assert.equal(confirmation(seen(5n, 80n, false), reading(5n, 3n)), 'ask-records', 'an old database');
  assert.equal(confirmation(seen(5n, 1n, false), reading(5n, 1n)), 'ask-records', 'it did not fall');
  assert.equal(confirmation(undefined, reading(5n, 1n)), 'ask-records', 'no reading before');
});

test('across a change, only from the confirmed set that came before', () => {
  assert.equal(confirmation(seen(5n, 80n, true), reading(6n, 1n)), 'restarted');
  assert.equal(confirmation(seen(5n, 80n, false), reading(6n, 1n)), 'ask-records');
  assert.equal(confirmation(seen(4n, 80n, true), reading(6n, 1n)), 'ask-records');
});

test('a question names the best round or a neighbour', () => {
  const near = [8n, 9n, 10n, 11n, 12n].map((round) => isNear(10n, round));
  assert.deepEqual(near, [false, true, true, true, false]);
});
