import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Voter } from './electorate.ts';
import { normalize } from './normalize.ts';
import { seqPhragmen } from './phragmen.ts';

const voter = (stake: bigint, ...votes: readonly number[]): Voter => ({ stake, votes });

test('three voters, two seats: the example that the runtime tests itself by', () => {
  const { winners, backing, edges } = seqPhragmen(2, 3, [
    voter(10n, 0, 1),
    voter(20n, 0, 2),
    voter(30n, 1, 2),
  ]);
  assert.deepEqual(winners, [2, 1]);
  assert.deepEqual(backing, [0n, 25n, 35n]);
  assert.deepEqual(edges[2], [
    { candidate: 1, stake: 15n },
    { candidate: 2, stake: 15n },
  ]);
});

test('a candidate without votes is not excluded: it is elected last, with no stake', () => {
  const { winners, backing } = seqPhragmen(3, 3, [voter(10n, 0), voter(10n, 1)]);
  assert.deepEqual(winners, [0, 1, 2]);
  assert.deepEqual(backing, [10n, 10n, 0n]);
});

const elections = fc.record({
  count: fc.integer({ min: 1, max: 8 }),
  seats: fc.integer({ min: 1, max: 6 }),
  voters: fc.array(
    fc.record({ stake: fc.bigInt(1n, 10n ** 18n), votes: fc.array(fc.nat(9), { maxLength: 6 }) }),
    { maxLength: 12 },
  ),
});

/** The method with the runtime’s fixed point, written plainly: every round computes every score exactly. */
function byExactScores(seats: number, count: number, voters: readonly Voter[]): readonly number[] {
  const whole = 2n ** 128n - 1n;
  const held = voters.map(({ stake, votes }) => ({ stake, votes: new Set(votes) }));
  const loads = held.map(() => 0n);
  const winners: number[] = [];
  while (winners.length < Math.min(seats, count)) {
    const scores = Array.from({ length: count }, (_, at) => {
      const sum = held.reduce((total, { stake, votes }) => total + (votes.has(at) ? stake : 0n), 0n);
      const approval = sum > whole ? whole : sum;
      if (approval === 0n) return whole * whole;
      const parts = held.map(({ stake, votes }, i) =>
        votes.has(at) ? ((loads[i] ?? 0n) * stake) / approval : 0n,
      );
      return parts.reduce((total, part) => total + part, whole / approval);
    });
    const open = [...scores.keys()].filter((at) => !winners.includes(at));
    const best = open.reduce(
      (least, at) => ((scores[at] ?? 0n) < (scores[least] ?? 0n) ? at : least),
      open[0] ?? 0,
    );
    for (const [i, { stake, votes }] of held.entries())
      if (votes.has(best) && stake > 0n) loads[i] = scores[best] ?? 0n;
    winners.push(best);
  }
  return winners;
}

for (const [stakes, stake] of [
  ['of any size', fc.oneof(fc.bigInt(0n, 10n), fc.bigInt(0n, 10n ** 20n), fc.bigInt(0n, 2n ** 128n - 1n))],
  ['that are equal to 15 digits', fc.bigInt(10n ** 19n, 10n ** 19n + 3n)],
  ['of which many are equal', fc.constantFrom(10n ** 15n, 2n * 10n ** 15n)],
] as const) {
  const votes = fc.array(fc.integer({ min: -1, max: 13 }), { maxLength: 8 });
  const drawn = fc.record({
    seats: fc.nat(12),
    count: fc.nat(12),
    voters: fc.array(fc.record({ stake, votes }), { maxLength: 25 }),
  });
  test(`estimated scores elect the same winners as exact ones, with stakes ${stakes}`, () => {
    fc.assert(
      fc.property(drawn, ({ seats, count, voters }) =>
        assert.deepEqual(seqPhragmen(seats, count, voters).winners, byExactScores(seats, count, voters)),
      ),
    );
  });
}

test('every voter with an elected candidate gives all it has, and no more', () => {
  fc.assert(
    fc.property(elections, ({ count, seats, voters: small }) => {
      // Below a planck for each vote, all parts of a stake may round to 0.
      const voters = small.map(({ stake, votes }) => ({ votes, stake: stake + 100n }));
      const { winners, backing, edges } = seqPhragmen(seats, count, voters);
      assert.equal(new Set(winners).size, Math.min(seats, count));
      for (const [at, one] of voters.entries()) {
        const given = (edges[at] ?? []).reduce((sum, { stake }) => sum + stake, 0n);
        assert.equal(given, one.votes.some((vote) => winners.includes(vote)) ? one.stake : 0n);
      }
      const total = edges.flat().reduce((sum, { stake }) => sum + stake, 0n);
      assert.equal(
        backing.reduce((sum, stake) => sum + stake, 0n),
        total,
      );
    }),
  );
});

test('normalizing: the figures that the runtime tests itself by', () => {
  const of = (amounts: readonly number[], target: number) =>
    normalize(amounts.map(BigInt), BigInt(target)).map(Number);
  assert.deepEqual(of([8, 9, 7, 10], 40), [10, 10, 10, 10]);
  assert.deepEqual(of([7, 7, 7, 10], 40), [11, 11, 8, 10]);
  assert.deepEqual(of([7, 8, 7, 10], 40), [11, 8, 11, 10]);
  assert.deepEqual(of([8, 11, 9, 10], 40), [10, 11, 9, 10]);
  assert.deepEqual(of([12, 11, 13, 10], 40), [10, 10, 10, 10]);
  assert.deepEqual(of([13, 13, 13, 10], 40), [12, 9, 9, 10]);
  assert.deepEqual(of([13, 12, 13, 10], 40), [9, 12, 9, 10]);
  assert.deepEqual(of([1, 100, 100], 10), [1, 9, 0]);
  assert.deepEqual(of([1, 8, 9], 1), [0, 1, 0]);
  assert.deepEqual(of([], 5), []);
});
