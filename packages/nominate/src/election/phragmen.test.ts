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

test('who votes for itself and is not elected gives nothing; a shared voter splits', () => {
  const { winners, backing, edges } = seqPhragmen(2, 4, [
    voter(5n, 0),
    voter(10n, 1),
    voter(20n, 2),
    voter(8n, 1, 2),
  ]);
  assert.deepEqual(winners, [2, 1]);
  assert.deepEqual(backing, [0n, 14n, 24n, 0n]);
  assert.deepEqual(edges[3], [
    { candidate: 1, stake: 4n },
    { candidate: 2, stake: 4n },
  ]);
  assert.deepEqual(edges[0], []);
});

test('a candidate without votes is not excluded: it is elected last, with no stake', () => {
  const { winners, backing } = seqPhragmen(3, 3, [voter(10n, 0), voter(10n, 1)]);
  assert.deepEqual(winners, [0, 1, 2]);
  assert.deepEqual(backing, [10n, 10n, 0n]);
});

test('five candidates, three seats, by hand: 1/11 is least, then C and D tie at 16/99, then D at 208/891', () => {
  const voters = [
    voter(1n, 0, 1, 4),
    voter(2n, 0, 3, 4),
    voter(3n, 0, 3, 4),
    voter(4n, 1, 2, 3),
    voter(5n, 0, 2),
  ];
  assert.deepEqual(byFractions(3, 5, voters), [0, 2, 3]);
  assert.deepEqual(seqPhragmen(3, 5, voters).winners, [0, 2, 3]);
});

type Fraction = readonly [bigint, bigint];
const ZERO: Fraction = [0n, 1n];

/**
 * The method with exact fractions, written plainly: n/d pairs, no fixed point, and a full computation in each
 * round.
 */
function byFractions(seats: number, count: number, voters: readonly Voter[]): readonly number[] {
  let loads: readonly Fraction[] = voters.map(() => [0n, 1n]);
  const winners: number[] = [];
  while (winners.length < seats) {
    const scores = Array.from({ length: count }, (_, at) => {
      const mine = voters
        .map((one, i) => ({ ...one, load: loads[i] ?? ZERO }))
        .filter(({ votes }) => votes.includes(at));
      const approval = mine.reduce((sum, { stake }) => sum + stake, 0n);
      const sum = mine.reduce<Fraction>(
        ([n, d], { stake, load }) => [n * load[1] + stake * load[0] * d, d * load[1]],
        [1n, 1n],
      );
      return approval === 0n ? null : ([sum[0], sum[1] * approval] satisfies Fraction);
    });
    let best = -1;
    for (const [at, score] of scores.entries()) {
      const other = scores[best];
      if (score === null || winners.includes(at)) continue;
      if (best < 0 || !other || score[0] * other[1] < other[0] * score[1]) best = at;
    }
    if (best < 0) best = scores.findIndex((score, at) => score === null && !winners.includes(at));
    const won = scores[best];
    if (won) loads = loads.map((load, i) => (voters[i]?.votes.includes(best) ? won : load));
    winners.push(best);
  }
  return winners;
}

const elections = fc.record({
  count: fc.integer({ min: 1, max: 8 }),
  seats: fc.integer({ min: 1, max: 6 }),
  voters: fc.array(
    fc.record({ stake: fc.bigInt(1n, 10n ** 18n), votes: fc.array(fc.nat(9), { maxLength: 6 }) }),
    { maxLength: 12 },
  ),
});

test('the same winners as exact fractions, unless two scores are equal to 38 digits', () => {
  fc.assert(
    fc.property(elections, ({ count, seats, voters }) => {
      const most = Math.min(seats, count);
      const held = voters.map(({ stake, votes }) => ({
        stake,
        votes: [...new Set(votes)].filter((at) => at < count),
      }));
      const [fixed, exact] = [seqPhragmen(most, count, held).winners, byFractions(most, count, held)];
      // Rounding down can break a tie of exact fractions. Then at most the tied candidates change places.
      if (JSON.stringify(fixed) !== JSON.stringify(exact)) assert.ok(isTie(count, held), `${fixed} ${exact}`);
    }),
  );
});

/** Whether the same stakes vote for two of the candidates, so that their order does not matter. */
function isTie(count: number, voters: readonly Voter[]): boolean {
  const scores = Array.from({ length: count }, (_, at) =>
    voters.filter(({ votes }) => votes.includes(at)).reduce((sum, { stake }) => sum + stake, 0n),
  );
  return new Set(scores).size < scores.length;
}

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

test('further elections that the runtime’s library tests itself by', () => {
  const twice = seqPhragmen(2, 3, [voter(100n, 0, 0, 1, 2), voter(100n, 1, 2), voter(50n, 0, 0, 1)]);
  assert.deepEqual(
    [twice.winners, twice.backing],
    [
      [1, 2],
      [0n, 140n, 110n],
    ],
  );
  assert.deepEqual(
    twice.edges.map((edges) => edges.map(({ candidate }) => candidate)),
    [[1, 2], [1, 2], [1]],
  );
  const winner = seqPhragmen(2, 3, [voter(100n, 0, 0, 1, 2), voter(100n, 0, 1)]);
  assert.deepEqual(
    [winner.winners, winner.backing],
    [
      [0, 1],
      [100n, 100n, 0n],
    ],
  );
  const own = seqPhragmen(3, 4, [voter(0n, 0), voter(1n, 1), voter(2n, 2), voter(1n, 3)]);
  assert.deepEqual(
    [own.winners, own.backing],
    [
      [2, 1, 3],
      [0n, 1n, 2n, 1n],
    ],
  );
  // Stakes at the edge of 64 bits, one planck apart.
  const most = 2n ** 64n - 1n;
  const self = [1n, 4n, 5n, 3n, 2n].map((less, at) => voter(most - less, at));
  const large = seqPhragmen(2, 5, [voter(most - 10n, 0, 2, 4), voter(most, 1, 3), ...self]);
  assert.deepEqual(
    [large.winners, large.backing[1], large.backing[0]],
    [[1, 0], 36893488147419103226n, 36893488147419103219n],
  );
});

test('stakes from one planck to half a billion tokens: the two largest win', () => {
  const stakes = [
    1n,
    100n,
    1_000_000n,
    100_000_000_001_000n,
    100_000_000_002_000n,
    100_000_000_003_000n,
    400_000_000_000_000n,
    400_000_000_001_000n,
    18_000_000_000_000_000n,
    20_000_000_000_000_000n,
    500_000_000_000_100_000n,
    500_000_000_000_200_000n,
  ];
  const voters = [
    voter(990_000_000_000_000_000n, ...stakes.keys()),
    ...stakes.map((stake, at) => voter(stake, at)),
  ];
  assert.deepEqual(seqPhragmen(2, 12, voters).winners, [11, 10]);
});
