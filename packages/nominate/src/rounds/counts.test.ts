import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ElectionInput } from '../snapshot/snapshot.ts';
import { count1kv } from './count-1kv.ts';
import { countBySimulation, hold } from './count-simulate.ts';
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

test('defect 5: where the reference looped for ever, the list ends the count', () => {
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

test('a simulation replaces the votes of who nominates', () => {
  assert.deepEqual([...hold({ input, votes: new Map() }).keys()], ['a', 'b', 'c']);
  const votes = new Map([['us', { stake: 90n, targets: ['d', 'e'] }]]);
  const elected = hold({ input, votes });
  assert.deepEqual([elected.get('a'), elected.get('d'), elected.get('c')], [100n, 90n, undefined]);
});

test('the count of which most are elected, and of several the smallest', () => {
  const { best, trials } = countBySimulation({ input, votes: new Map() }, 'us', 90n, ['d', 'e']);
  assert.deepEqual(best, { count: 1, electedCount: 1, leastBacking: 90n });
  assert.equal(trials.length, 2);
  const rich = countBySimulation({ input, votes: new Map() }, 'us', 1_000n, ['d', 'e', 'a']);
  assert.deepEqual([rich.best.count, rich.best.electedCount], [3, 3]);
  const poor = countBySimulation({ input, votes: new Map() }, 'us', 1n, ['d', 'e']);
  assert.deepEqual([poor.best.count, poor.best.electedCount], [1, 0]);
  assert.deepEqual(countBySimulation({ input, votes: new Map() }, 'us', 1n, []).best.count, 0);
});

test('a nominator that the snapshot of the election does not hold is added', () => {
  const { best } = countBySimulation({ input, votes: new Map() }, 'new', 500n, ['e']);
  assert.deepEqual(best, { count: 1, electedCount: 1, leastBacking: 500n });
});
