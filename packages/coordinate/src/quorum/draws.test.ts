import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { drawBlock, drawsOf } from './draws.ts';
import { leaderInOrder } from './order.ts';
import { hashed } from './testing/fake-operators.ts';

const SEED = hashed('draws');

/** The words of a stream, taken from its blocks by hand. */
function words(domain: string, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(drawBlock(SEED, domain, BigInt(Math.floor(i / 8)))).readUInt32BE((i % 8) * 4),
  );
}

describe('draws', () => {
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

  test('need a bound', () => {
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) {
      assert.throws(() => drawsOf(SEED, 'a').below(bound), RangeError);
    }
  });
});

test('an order of no members has no leader', () => {
  assert.throws(() => leaderInOrder([], 0, 0), RangeError);
});
