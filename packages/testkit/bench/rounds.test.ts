import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTurn, orderOf, overRounds } from './rounds.ts';

test('both run once a round, and who begins changes', async () => {
  const ran: string[] = [];
  const results = await inTurn(
    3,
    async () => ran.push('a'),
    async () => ran.push('b'),
  );
  assert.equal(ran.join(''), 'abbaab');
  assert.deepEqual(results, [
    { first: 1, second: 2 },
    { first: 4, second: 3 },
    { first: 5, second: 6 },
  ]);
});

test('figures are medians, samples are summed', () => {
  const rounds = [3, 1, 8].map((p50Ms) => ({ samples: 10, p50Ms }));
  assert.deepEqual(overRounds(rounds), { samples: 30, p50Ms: 3 });
});

test('every second round runs in the reverse order', () => {
  assert.deepEqual(
    [0, 1, 2].map((round) => orderOf(round, ['a', 'b', 'c']).join('')),
    ['abc', 'cba', 'abc'],
  );
});
