/** Randomness that a seed repeats. For simulations only: the rest is predictable from a few values. */
import type { Random } from '@watchbill/kit';
export interface SeededRandom extends Random {
  /** At least 0, below 1. */
  float(): number;
  /** An integer of at least `low` and at most `high`. */
  int(low: number, high: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of them. Throws for an empty list. */
  pick<Value>(values: readonly Value[]): Value;
  /** A separate stream, so that draws in one place do not move those in another. */
  fork(label: string): SeededRandom;
}

/**
 * xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators"), its state filled from
 * the text of the seed by an FNV-1a hash and a multiply-xorshift finaliser.
 */
export function createSeededRandom(seed: number | string): SeededRandom {
  const text = String(seed);
  const state = Uint32Array.from(
    [1, 2, 3, 4],
    (lane) => finalise(hashText(text, lane)) | (lane === 4 ? 1 : 0),
  );
  const next = () => xoshiro(state);

  const float = () => next() / 2 ** 32;
  const int = (low: number, high: number) => low + Math.floor(float() * (high - low + 1));
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
    float,
    int,
    chance: (probability) => float() < probability,
    pick(values) {
      const value = values[int(0, values.length - 1)];
      if (value === undefined) throw new RangeError('the list to pick from is empty');
      return value;
    },
    fork: (label) => createSeededRandom(`${text}/${label}`),
  };
}

function rotate(value: number, by: number): number {
  return ((value << by) | (value >>> (32 - by))) >>> 0;
}

function xoshiro(state: Uint32Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = state;
  const result = Math.imul(rotate(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
  const e = c ^ a;
  const f = d ^ b;
  state[0] = a ^ f;
  state[1] = b ^ e;
  state[2] = e ^ (b << 9);
  state[3] = rotate(f >>> 0, 11);
  return result;
}

function hashText(text: string, lane: number): number {
  let hash = (0x811c9dc5 ^ lane) >>> 0;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return Math.imul(hash ^ lane, 0x01000193) >>> 0;
}

function finalise(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
