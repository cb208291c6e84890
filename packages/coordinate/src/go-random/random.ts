import { type Source, seededState, sourceOf } from './source.ts';

const TWO_31 = 2 ** 31;
const TWO_32 = 2 ** 32;
const TWO_63 = 2 ** 63;
const INT31_MAX = 2 ** 31 - 1;
/** Products of 32 bits with less than this stay below 2^53, where numbers are exact. */
const EXACT_FACTOR = 2 ** 21;

/**
 * Go's `rand.New(rand.NewSource(seed))` of `math/rand` (v1): the same values in the same order, which Go
 * promises not to change. Not for secrets: 31 bits of the seed are used. `math/rand/v2` is another generator.
 */
export interface GoRandom {
  uint64(): bigint;
  /** 0 to 2^63 - 1. */
  int63(): bigint;
  uint32(): number;
  /** 0 to 2^31 - 1. */
  int31(): number;
  /** From 0 up to, and never, 1. */
  float64(): number;
  /** 0 to n - 1. Throws a RangeError unless n is 1 to 2^31 - 1. */
  int31n(n: number): number;
  /** 0 to n - 1. Throws a RangeError unless n is 1 to 2^63 - 1. */
  int63n(n: bigint): bigint;
  /** Go's `Intn` on a 64-bit machine: `int31n` if n fits 31 bits, else `int63n`. */
  intn(n: bigint): bigint;
  /** Fisher-Yates over 0 to n - 1. Throws a RangeError unless n is 0 to 2^31 - 1. */
  shuffle(n: number, swap: (i: number, j: number) => void): void;
}

/** A generator for any int64 seed. Throws a RangeError outside int64. */
export function goRandom(seed: bigint): GoRandom {
  return randomFrom(sourceOf(seededState(seed)));
}

/** Makes a fresh generator of one seed with each call, for several draws that each begin with that seed. */
export function goRandoms(seed: bigint): () => GoRandom {
  const state = seededState(seed);
  return () => randomFrom(sourceOf(state));
}

/** The draws over any stream of words. */
export function randomFrom(source: Source): GoRandom {
  const uint64 = () => {
    source.advance();
    return (BigInt(source.high >>> 0) << 32n) | BigInt(source.low >>> 0);
  };
  const int63 = () => BigInt.asUintN(63, uint64());
  const uint32 = () => {
    source.advance();
    return ((source.high << 1) | (source.low >>> 31)) >>> 0;
  };
  const int31 = () => {
    source.advance();
    return source.high & INT31_MAX;
  };
  const int31n = (n: number) => boundedBelow(n, int31);
  const int63n = (n: bigint) => wideBelow(n, int63);
  return {
    uint64,
    int63,
    uint32,
    int31,
    float64: () => {
      for (;;) {
        source.advance();
        // Both summands are exact, so the sum is the nearest double to the 63 bits, ties to even, as in Go.
        const value = ((source.high & INT31_MAX) * TWO_32 + (source.low >>> 0)) / TWO_63;
        if (value !== 1) return value;
      }
    },
    int31n,
    int63n,
    intn: (n) => (n > 0n && n < BigInt(TWO_31) ? BigInt(int31n(Number(n))) : int63n(n)),
    shuffle: (n, swap) => {
      if (!Number.isInteger(n) || n < 0 || n > INT31_MAX) throw new RangeError(`go-random: shuffle of ${n}`);
      for (let i = n - 1; i > 0; i--) swap(i, lemireBelow(i + 1, uint32));
    },
  };
}

/** `Int31n`: the low bits if n is a power of two, else the rest of a division, without bias. */
function boundedBelow(n: number, int31: () => number): number {
  if (!Number.isInteger(n) || n < 1 || n > INT31_MAX) throw new RangeError(`go-random: int31n of ${n}`);
  if ((n & (n - 1)) === 0) return int31() & (n - 1);
  const largest = INT31_MAX - (TWO_31 % n);
  let value = int31();
  while (value > largest) value = int31();
  return value % n;
}

function wideBelow(n: bigint, int63: () => bigint): bigint {
  const largestInt = (1n << 63n) - 1n;
  if (n < 1n || n > largestInt) throw new RangeError(`go-random: int63n of ${n}`);
  if ((n & (n - 1n)) === 0n) return int63() & (n - 1n);
  const largest = largestInt - ((1n << 63n) % n);
  let value = int63();
  while (value > largest) value = int63();
  return value % n;
}

/**
 * The draw inside `Shuffle`, which is not `Intn`: the high half of a product (Lemire, "Fast random integer
 * generation in an interval", 2019).
 */
function lemireBelow(n: number, uint32: () => number): number {
  let { high, low } = product(uint32(), n);
  if (low < n) {
    const threshold = (TWO_32 - n) % n;
    while (low < threshold) ({ high, low } = product(uint32(), n));
  }
  return high;
}

function product(a: number, n: number): { readonly high: number; readonly low: number } {
  if (n < EXACT_FACTOR) {
    const exact = a * n;
    return { high: Math.floor(exact / TWO_32), low: exact >>> 0 };
  }
  const wide = BigInt(a) * BigInt(n);
  return { high: Number(wide >> 32n), low: Number(BigInt.asUintN(32, wide)) };
}
