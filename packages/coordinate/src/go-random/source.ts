import { MODULUS, stepParkMiller } from './park-miller.ts';
import { mixedInWords, TAP, WORD_COUNT } from './words.ts';

const DISCARDED = 20;
/** The seed that Go takes in place of a multiple of 2^31 - 1. */
const INSTEAD_OF_ZERO = 89_482_311;

/** A stream of 64-bit words; each is read in halves, as signed 32-bit integers. */
export interface Source {
  high: number;
  low: number;
  /** Move on to the next word. */
  advance(): void;
}

/** The words of a seed. Filling them is most of the work of a short stream. */
export interface SeededState {
  readonly high: Int32Array;
  readonly low: Int32Array;
}

/**
 * The stream of a state, from before its first word. The state is copied, so it serves any number of streams.
 */
export function sourceOf(state: SeededState): Source {
  const high = state.high.slice();
  const low = state.low.slice();
  let tap = 0;
  let feed = WORD_COUNT - TAP;
  const source: Source = {
    high: 0,
    low: 0,
    advance: () => {
      tap = tap === 0 ? WORD_COUNT - 1 : tap - 1;
      feed = feed === 0 ? WORD_COUNT - 1 : feed - 1;
      const a = low[feed] as number;
      const sum = (a + (low[tap] as number)) | 0;
      // Unsigned: the sum of the low halves carries exactly if it is smaller than one of them.
      const carry = sum >>> 0 < a >>> 0 ? 1 : 0;
      const top = ((high[feed] as number) + (high[tap] as number) + carry) | 0;
      low[feed] = sum;
      high[feed] = top;
      source.low = sum;
      source.high = top;
    },
  };
  return source;
}

/** The seed that is used: 31 of the 64 bits. Throws a RangeError outside int64. */
export function smallSeed(seed: bigint): number {
  if (BigInt.asIntN(64, seed) !== seed) throw new RangeError(`go-random: the seed ${seed} is not an int64`);
  const rest = Number(seed % BigInt(MODULUS));
  const positive = rest < 0 ? rest + MODULUS : rest;
  return positive === 0 ? INSTEAD_OF_ZERO : positive;
}

/** The state after Go's `rand.NewSource(seed)`, for every int64. Throws a RangeError outside int64. */
export function seededState(seed: bigint): SeededState {
  const words = mixedInWords();
  const high = new Int32Array(WORD_COUNT);
  const low = new Int32Array(WORD_COUNT);
  let x = smallSeed(seed);
  for (let i = 0; i < DISCARDED; i++) x = stepParkMiller(x);
  for (let i = 0; i < WORD_COUNT; i++) {
    const first = stepParkMiller(x);
    const second = stepParkMiller(first);
    x = stepParkMiller(second);
    // (first << 40) xor (second << 20) xor third xor word, modulo 2^64, in halves.
    high[i] = (first << 8) ^ (second >>> 12) ^ (words.high[i] as number);
    low[i] = (second << 20) ^ x ^ (words.low[i] as number);
  }
  return { high, low };
}
