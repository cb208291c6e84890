import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeVoter, mayBeTold, type SeenVoter } from './voter.ts';

const seen = (setId: bigint, round: bigint, sure: boolean): SeenVoter => ({ setId, round, sure });
const read = (setId: bigint, round: bigint) => ({ setId, round });

test('a round of the old voter under the new set id is not told, however often it is read', () => {
  let last = seen(4n, 900n, true);
  for (const round of [900n, 900n, 901n]) {
    last = judgeVoter(last, read(5n, round), null);
    assert.deepEqual([last.sure, mayBeTold(last)], [false, false]);
  }
  last = judgeVoter(last, read(5n, 1n), null);
  assert.equal(last.sure, true);
  assert.equal(mayBeTold(judgeVoter(last, read(5n, 700n), null)), true);
});

test('a restart between two readings is seen in the round that went back', () => {
  assert.equal(judgeVoter(seen(4n, 900n, true), read(5n, 340n), null).sure, true);
  assert.equal(judgeVoter(seen(4n, 300n, true), read(5n, 340n), null).sure, false);
});

test('a round that went back may be the restart into an older set', () => {
  assert.equal(judgeVoter(seen(4n, 900n, false), read(5n, 340n), null).sure, false);
  assert.equal(judgeVoter(seen(3n, 900n, true), read(5n, 340n), null).sure, false);
});

test('at the beginning only the first set, or the finalised head, makes sure', () => {
  assert.equal(judgeVoter(null, read(0n, 900n), null).sure, true);
  assert.equal(judgeVoter(null, read(5n, 900n), null).sure, false);
  assert.equal(judgeVoter(null, read(5n, 900n), 4n).sure, false);
  assert.equal(judgeVoter(null, read(5n, 900n), 5n).sure, true);
});

test('what was sure of a set ends with it, and with a database that went back', () => {
  assert.equal(judgeVoter(seen(5n, 8n, true), read(5n, 9n), null).sure, true);
  assert.equal(judgeVoter(seen(5n, 8n, true), read(6n, 90n), null).sure, false);
  assert.equal(judgeVoter(seen(5n, 80n, true), read(4n, 70n), null).sure, false);
});

/**
 * A chain's voter as a node shows it: in each set it runs some rounds; at a change the id moves some readings
 * early.
 */
const lives = fc.array(
  fc.record({
    rounds: fc.integer({ min: 1, max: 60 }),
    stale: fc.integer({ min: 0, max: 4 }),
    skip: fc.nat(3),
  }),
  { minLength: 1, maxLength: 5 },
);

test('an observer that was there from the first set never reports a round that the set did not have', () => {
  fc.assert(
    fc.property(lives, (sets) => {
      let last: SeenVoter | null = null;
      for (const [set, { rounds, stale, skip }] of sets.entries()) {
        const setId = BigInt(set);
        for (let round = 1; round <= rounds; round += 1 + (round % 7 === 0 ? skip : 0)) {
          last = judgeVoter(last, read(setId, BigInt(round)), null);
          if (mayBeTold(last)) assert.ok(last.round <= BigInt(rounds));
        }
        for (let again = 0; again < stale; again += 1) {
          last = judgeVoter(last, read(setId + 1n, last?.round ?? 1n), null);
          assert.equal(last.sure, false);
        }
      }
    }),
  );
});
