import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seqPhragmen } from '../election/phragmen.ts';
import type { ElectionInput } from '../snapshot/snapshot.ts';
import { count1kv } from './count-1kv.ts';
import { countBySimulation, electedWith, simulationOf } from './count-simulate.ts';
import { countByStake } from './count-stake.ts';

const POLKADOT = Array.from({ length: 40 }, (_, i) => 2_000_000 + 10_000 * i);
const KUSAMA = Array.from({ length: 100 }, (_, i) => 5_000 + 25 * i);

test('the count rule of the reference gives the figures that the reference gave', () => {
  assert.equal(count1kv(10, POLKADOT, 16), 2);
  assert.equal(count1kv(100, POLKADOT, 16), 1);
  assert.equal(count1kv(10_000_000, POLKADOT, 16), 5);
  assert.equal(count1kv(30_000, KUSAMA, 24), 6);
  assert.equal(count1kv(100_000, KUSAMA, 24), 19);
  assert.equal(count1kv(1e12, KUSAMA, 24), 24);
});

test('defect 5: if the reference looped for ever, the list ends the count', () => {
  assert.equal(count1kv(1_000, [], 16), 1);
  assert.equal(count1kv(1_000, [1, 2, 3], 16), 1);
  assert.equal(count1kv(1e9, POLKADOT.slice(0, 8), 16), 4);
});

test('defect 5: by stake, more money never gives fewer targets, and there is always one', () => {
  const totals = POLKADOT.map((total) => BigInt(total));
  assert.ok(countByStake(10n, totals, 16) <= countByStake(100n, totals, 16));
  assert.equal(countByStake(2_000_000n + 2_010_000n, totals, 16), 2);
  assert.equal(countByStake(2_000_000n + 2_009_999n, totals, 16), 1);
  const amount = fc.bigInt(0n, 10n ** 30n);
  fc.assert(
    fc.property(amount, amount, fc.array(amount), fc.integer({ min: 1, max: 24 }), (a, more, list, most) => {
      const [low, high] = [countByStake(a, list, most), countByStake(a + more, list, most)];
      assert.ok(low >= 1 && low <= high && high <= most);
    }),
  );
});

const input: ElectionInput = {
  seats: 3,
  targets: ['a', 'b', 'c', 'd', 'e'],
  voters: [
    { who: 'w1', stake: 100n, votes: [0] },
    { who: 'w2', stake: 100n, votes: [1] },
    { who: 'w3', stake: 50n, votes: [2] },
    { who: 'us', stake: 90n, votes: [0] },
  ],
};

const simulation = simulationOf(input);
const countOf = (who: string, stake: bigint, targets: readonly string[]) =>
  countBySimulation(simulation, new Map(), who, stake, targets);

test('a simulation replaces the votes of the nominator', () => {
  assert.deepEqual([...electedWith(simulation, new Map())], ['a', 'b', 'c']);
  const votes = new Map([['us', { stake: 90n, targets: ['d', 'e'] }]]);
  assert.deepEqual([...electedWith(simulation, votes)], ['a', 'b', 'd']);
});

test('the count of which most are elected, and of several the smallest', () => {
  const { best, trials } = countOf('us', 90n, ['d', 'e']);
  assert.deepEqual(best, { count: 1, electedCount: 1 });
  assert.equal(trials.length, 2);
  assert.deepEqual(countOf('us', 1_000n, ['d', 'e', 'a']).best, { count: 3, electedCount: 3 });
  assert.deepEqual(countOf('us', 1n, ['d', 'e']).best, { count: 1, electedCount: 0 });
  assert.deepEqual(countOf('us', 1n, []).best.count, 0);
});

test('a nominator that the snapshot of the election does not hold is added', () => {
  assert.deepEqual(countOf('new', 500n, ['e']).best, { count: 1, electedCount: 1 });
});

const drawn = fc.record({
  seats: fc.integer({ min: 1, max: 4 }),
  voters: fc.array(fc.record({ stake: fc.bigInt(0n, 100n), votes: fc.array(fc.nat(5), { maxLength: 4 }) }), {
    maxLength: 8,
  }),
  own: fc.record({ at: fc.nat(9), stake: fc.bigInt(0n, 200n), votes: fc.array(fc.nat(5), { maxLength: 4 }) }),
});

test('an election with changed votes is the election of the changed voters', () => {
  const targets = ['a', 'b', 'c', 'd', 'e', 'f'];
  fc.assert(
    fc.property(drawn, ({ seats, voters, own }) => {
      const named = voters.map((voter, at) => ({ ...voter, who: `w${at}` }));
      const changed = named.filter(({ who }) => who !== `w${own.at}`);
      const votes = new Map([
        [`w${own.at}`, { stake: own.stake, targets: own.votes.map((at) => targets[at] ?? '') }],
      ]);
      const plain = seqPhragmen(seats, targets.length, [...changed, own]);
      assert.deepEqual(
        [...electedWith(simulationOf({ seats, targets, voters: named }), votes)],
        plain.winners.map((at) => targets[at]),
      );
    }),
  );
});
