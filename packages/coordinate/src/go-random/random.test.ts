import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { goRandom, goRandoms, randomFrom } from './random.ts';
import { type Source, smallSeed } from './source.ts';

interface Vector {
  readonly seed: string;
  readonly int63: readonly string[];
  readonly uint64: readonly string[];
  readonly uint32: readonly number[];
  readonly int31: readonly number[];
  readonly float64: readonly string[];
  readonly far: string;
  readonly intn: readonly string[];
  readonly shuffle7: readonly number[];
  readonly shuffle100: readonly number[];
  readonly shuffleMany?: readonly number[];
}

const [about = '', ...lines] = readFileSync(new URL('../../vectors/go-random.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');
const bounds = (JSON.parse(about) as { bounds: readonly string[] }).bounds.map(BigInt);
const vectors = lines.map((line) => JSON.parse(line) as Vector);
const MODULUS = 2n ** 31n - 1n;

function float64Bits(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16);
}

function shuffled(seed: bigint, n: number): readonly number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  goRandom(seed).shuffle(n, (i, j) => {
    const [a, b] = [order[i] ?? -1, order[j] ?? -1];
    order[i] = b;
    order[j] = a;
  });
  return order;
}

describe("Go's math/rand, as Go itself computed it", () => {
  test('the vectors cover the edges of int64 and of the modulus', () => {
    const seeds = new Set(vectors.map(({ seed }) => BigInt(seed)));
    for (const seed of [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), MODULUS, -MODULUS, 1000003n * MODULUS]) {
      assert.ok(seeds.has(seed), `seed ${seed}`);
    }
    assert.equal(vectors.length, 100);
    assert.ok(vectors.some(({ shuffleMany }) => shuffleMany !== undefined));
  });

  for (const vector of vectors) {
    const seed = BigInt(vector.seed);
    test(`seed ${seed}`, () => {
      const take = <T>(draw: (random: ReturnType<typeof goRandom>) => T) => {
        const random = goRandom(seed);
        return Array.from({ length: 6 }, () => draw(random));
      };
      assert.deepEqual(
        take((random) => random.int63().toString()),
        vector.int63,
      );
      assert.deepEqual(
        take((random) => random.uint64().toString()),
        vector.uint64,
      );
      assert.deepEqual(
        take((random) => random.uint32()),
        vector.uint32,
      );
      assert.deepEqual(
        take((random) => random.int31()),
        vector.int31,
      );
      assert.deepEqual(
        take((random) => float64Bits(random.float64())),
        vector.float64,
      );
      const far = goRandom(seed);
      for (let i = 0; i < 1500; i++) far.uint32();
      assert.equal(far.int63().toString(), vector.far);
      const drawn = goRandom(seed);
      assert.deepEqual(
        bounds.map((bound) => drawn.intn(bound).toString()),
        vector.intn,
      );
      assert.deepEqual(shuffled(seed, 7), vector.shuffle7);
      assert.deepEqual(shuffled(seed, 100).slice(0, 10), vector.shuffle100);
      if (vector.shuffleMany !== undefined) {
        assert.deepEqual(shuffled(seed, 3_000_000).slice(0, 10), vector.shuffleMany);
      }
    });
  }
});

/** A stream of these words, which must all be asked for and no more. */
function scripted(words: readonly bigint[]): Source {
  const left = [...words];
  const source: Source = {
    high: 0,
    low: 0,
    advance: () => {
      const word = left.shift();
      assert.ok(word !== undefined, 'one word too many was asked for');
      source.high = Number(BigInt.asIntN(32, word >> 32n));
      source.low = Number(BigInt.asIntN(32, word));
    },
  };
  return source;
}

describe('draws that no vector reaches', () => {
  test('a number that rounds to 1 is drawn again; the largest below it is not', () => {
    const half = 1n << 62n;
    assert.equal(randomFrom(scripted([2n ** 63n - 1n, half])).float64(), 0.5);
    assert.equal(randomFrom(scripted([2n ** 63n - 512n, half])).float64(), 0.5);
    assert.equal(randomFrom(scripted([2n ** 63n - 513n])).float64(), 1 - 2 ** -53);
  });

  test('a shuffle refuses the draws that would favour a place', () => {
    const swaps: (readonly [number, number])[] = [];
    // For three places one draw of 2^32 is one too many: the 0. Then 2^31, which means place 1 of 3, and 1 of
    // 2.
    const words = [0n, 1n << 62n, 1n << 62n];
    randomFrom(scripted(words)).shuffle(3, (i, j) => swaps.push([i, j]));
    assert.deepEqual(swaps, [
      [2, 1],
      [1, 1],
    ]);
  });

  test('int31n and int63n refuse the draws above the last multiple', () => {
    assert.equal(randomFrom(scripted([2n ** 63n - 1n, 5n << 32n])).int31n(3), 2);
    assert.equal(randomFrom(scripted([2n ** 63n - 1n, 5n])).int63n(3n), 2n);
  });
});

describe('what a seed and a bound may be', () => {
  test('31 bits of a seed are left', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (seed) => {
        const small = smallSeed(seed);
        assert.ok(Number.isInteger(small) && small > 0 && small < Number(MODULUS));
        const other = seed > 0n ? seed - MODULUS : seed + MODULUS;
        assert.equal(smallSeed(other), small);
      }),
    );
  });

  test('a seed outside int64 is refused', () => {
    assert.throws(() => goRandom(2n ** 63n), /not an int64/);
    assert.throws(() => goRandom(-(2n ** 63n) - 1n), /not an int64/);
  });

  test('bounds that Go panics at are refused, and so are those that are not whole numbers', () => {
    const random = goRandom(1n);
    for (const n of [0, -1, 1.5, 2 ** 31, Number.NaN]) assert.throws(() => random.int31n(n), RangeError);
    for (const n of [0n, -1n, 2n ** 63n]) assert.throws(() => random.int63n(n), RangeError);
    for (const n of [0n, -5n, 2n ** 63n]) assert.throws(() => random.intn(n), RangeError);
    for (const n of [-1, 0.5, 2 ** 31]) assert.throws(() => random.shuffle(n, () => undefined), RangeError);
  });

  test('generators of one seed are independent', () => {
    const fresh = goRandoms(1n);
    const [one, other] = [fresh(), fresh()];
    for (let i = 0; i < 1_000; i++) one.uint32();
    assert.equal(other.int63(), 5577006791947779410n);
    assert.equal(fresh().int63(), 5577006791947779410n);
  });
});
