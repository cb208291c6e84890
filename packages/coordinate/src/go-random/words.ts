/**
 * The 607 words that Go's `math/rand` (v1) mixes into every seed.
 *
 * They are the state of an additive lagged Fibonacci generator, y[k] = y[k-607] + y[k-273] modulo 2^64, after
 * 7.8 * 10^12 steps from seed 1 (Go: `src/math/rand/gen_cooked.go`). The recurrence is linear, so that many
 * steps are one power of x modulo x^607 - x^334 - 1, found by squaring.
 */
import { createHash } from 'node:crypto';
import { stepParkMiller } from './park-miller.ts';
import { multiply, type Polynomial, powerOfX, WORD_MASK } from './polynomial.ts';

/** Length of the generator's state. */
export const WORD_COUNT = 607;
/** Where the second operand of the recurrence lies: y[k - 273]. */
export const TAP = 273;

const STEPS = 7_800_000_000_000n;
const DISCARDED = 20;
const FIRST_FEED = WORD_COUNT - TAP;

/** SHA-256 over the signed decimals of all words, joined by commas. */
const DIGEST = '43adc05b4370b284c32cf50d0fb392452975b4d190e6bb281b5be386b3b4c7e4';

/** The words in two halves, since 32-bit arithmetic is many times faster than `bigint`. */
export interface MixedInWords {
  readonly high: Int32Array;
  readonly low: Int32Array;
}

let known: MixedInWords | undefined;

/** The words, computed on first use and checked. Throws if their digest is not the published one. */
export function mixedInWords(): MixedInWords {
  known ??= inHalves(checkedWords(computeWords()));
  return known;
}

/** All words as unsigned 64-bit integers, in the order of Go's table. Unchecked. */
export function computeWords(): readonly bigint[] {
  const begin = initialSequence();
  const power = powerOfX(STEPS, { degree: WORD_COUNT, middle: WORD_COUNT - TAP });
  // y[N - 606 + m] = sum of c[i] * y[i - 606 + m]: a product with the reversed sequence gives all m at once.
  const extended = extend(begin, 2 * WORD_COUNT - 1);
  const product = multiply(power, [...extended].reverse());
  const words: bigint[] = new Array(WORD_COUNT);
  for (let m = 0; m < WORD_COUNT; m++) {
    const value = product[extended.length - 1 - m] ?? 0n;
    // The step N - 606 + m wrote the slot of the feed.
    const step = STEPS - BigInt(WORD_COUNT - 1 - m);
    words[slotOf(step)] = value & WORD_MASK;
  }
  return words;
}

/** Where the k-th step writes: the feed begins at 334 and goes down by one before each step. */
function slotOf(step: bigint): number {
  const size = BigInt(WORD_COUNT);
  return Number((((BigInt(FIRST_FEED) - step) % size) + size) % size);
}

/** y[-606] to y[0]: the state that seed 1 gives, in the order in which the recurrence overwrites it. */
function initialSequence(): Polynomial {
  let x = 1;
  const next = () => {
    x = stepParkMiller(x);
    return BigInt(x);
  };
  for (let i = 0; i < DISCARDED; i++) next();
  const slots = Array.from({ length: WORD_COUNT }, () => (next() << 20n) ^ (next() << 10n) ^ next());
  return slots.map((_, k) => slots[slotOf(BigInt(k - (WORD_COUNT - 1)))] ?? 0n);
}

function extend(sequence: Polynomial, length: number): Polynomial {
  const longer = [...sequence];
  for (let k = longer.length; k < length; k++) {
    longer.push(((longer[k - WORD_COUNT] ?? 0n) + (longer[k - TAP] ?? 0n)) & WORD_MASK);
  }
  return longer;
}

/** The same words. Throws if their digest is not the published one. */
export function checkedWords(words: readonly bigint[]): readonly bigint[] {
  const text = words.map((word) => BigInt.asIntN(64, word).toString()).join(',');
  const digest = createHash('sha256').update(text).digest('hex');
  if (digest !== DIGEST) {
    throw new Error(
      `go-random: the computed words have the digest ${digest}, not ${DIGEST}; do not use this JavaScript runtime, because its arithmetic is wrong`,
    );
  }
  return words;
}

function inHalves(words: readonly bigint[]): MixedInWords {
  return {
    high: Int32Array.from(words, (word) => Number(BigInt.asIntN(32, word >> 32n))),
    low: Int32Array.from(words, (word) => Number(BigInt.asIntN(32, word))),
  };
}
