import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { drawBlock, drawsOf } from './draws.ts';
import { leaderInOrder, shuffledSeats } from './order.ts';
import { hashed } from './testing/fake-operators.ts';

const SEED = hashed('draws');

/** The words of a stream, taken from its blocks by hand. */
function words(domain: string, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(drawBlock(SEED, domain, BigInt(Math.floor(i / 8)))).readUInt32BE((i % 8) * 4),
  );
}

describe('draws', () => {
  test('go through the words of the blocks in their order', () => {
    const draws = drawsOf(SEED, 'a');
    const drawn = Array.from({ length: 20 }, () => draws.below(2 ** 32));
    assert.deepEqual(drawn, words('a', 20));
  });

  test('leave out words of the last, incomplete run', () => {
    // Just above a half of all words: about every second one has no place in a whole run.
    const bound = 2 ** 31 + 1;
    const kept = words('b', 200).filter((word) => word < bound);
    assert.ok(kept.length > 70 && kept.length < 130, `${kept.length} kept`);
    const draws = drawsOf(SEED, 'b');
    assert.deepEqual(
      kept.map(() => draws.below(bound)),
      kept,
    );
  });

  test('stay below their bound, and the same seed and domain give the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 2 ** 32 }), (domain, bound) => {
        const ascii = domain.replaceAll(/[^\x21-\x7e]/g, '');
        const drawn = drawsOf(SEED, ascii).below(bound);
        assert.ok(Number.isInteger(drawn) && drawn >= 0 && drawn < bound);
        assert.equal(drawsOf(SEED, ascii).below(bound), drawn);
      }),
    );
  });

  test('differ for another domain or another seed', () => {
    const first = (seed: Uint8Array, domain: string) => drawsOf(seed, domain).below(2 ** 32);
    const all = [first(SEED, 'a'), first(SEED, 'b'), first(SEED, ''), first(hashed('other'), 'a')];
    assert.equal(new Set(all).size, all.length);
  });

  test('need a bound', () => {
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) {
      assert.throws(() => drawsOf(SEED, 'a').below(bound), RangeError);
    }
  });
});

describe('an order', () => {
  test('has each seat once, and all orders of three come about equally often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 6_000; i++) {
      const order = shuffledSeats(drawsOf(SEED, `order ${i}`), 3);
      assert.deepEqual(order.toSorted(), [0, 1, 2]);
      counts.set(order.join(''), (counts.get(order.join('')) ?? 0) + 1);
    }
    assert.equal(counts.size, 6);
    // 1,000 are expected; five standard deviations are 144.
    for (const [order, count] of counts) assert.ok(Math.abs(count - 1_000) < 144, `${order}: ${count}`);
  });

  test('returns its swaps, which are enough to make it again', () => {
    const swaps: { readonly i: number; readonly j: number }[] = [];
    const order = shuffledSeats(drawsOf(SEED, 'swaps'), 12, (swap) => swaps.push(swap));
    const again = Array.from({ length: 12 }, (_, seat) => seat);
    for (const { i, j } of swaps) [again[i], again[j]] = [again[j] ?? -1, again[i] ?? -1];
    assert.deepEqual(again, order);
    assert.deepEqual(
      swaps.map(({ i }) => i),
      [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
    );
  });

  test('of no members has no leader', () => {
    assert.throws(() => leaderInOrder([], 0, 0), RangeError);
  });
});
