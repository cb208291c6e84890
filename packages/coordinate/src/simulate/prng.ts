import { createHash } from 'node:crypto';

/** Randomness that follows from a seed; for simulations only. */
export interface Prng {
  /** At least 0, below 1. */
  fraction(): number;
  /** An integer from `least` to `most`, both included. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  /** One of them. Throws a RangeError for an empty list. */
  pick<Item>(items: readonly Item[]): Item;
  /** Some of them, each with this probability, in their order. */
  some<Item>(items: readonly Item[], probability: number): readonly Item[];
  bytes(length: number): Uint8Array;
  /** A separate stream, so that draws in one place do not change those in another. */
  of(label: string): Prng;
}

/** The generator of a text: xorshift128 of G. Marsaglia ("Xorshift RNGs", 2003), seeded with its SHA-256. */
export function prngOf(text: string): Prng {
  const digest = createHash('sha256').update(text).digest();
  const state = [0, 4, 8, 12].map((at) => digest.readUInt32LE(at)) as [number, number, number, number];
  // A state of zeros would never change, so one bit is set.
  state[3] |= 1;
  const next = () => {
    const last = state[0] ^ (state[0] << 11);
    const top = state[3];
    state[0] = state[1];
    state[1] = state[2];
    state[2] = top;
    state[3] = (top ^ (top >>> 19) ^ last ^ (last >>> 8)) >>> 0;
    return state[3];
  };
  const fraction = () => next() / 2 ** 32;
  const between = (least: number, most: number) => least + Math.floor(fraction() * (most - least + 1));
  const chance = (probability: number) => fraction() < probability;
  return {
    fraction,
    between,
    chance,
    pick: (items) => {
      const item = items[between(0, items.length - 1)];
      if (item === undefined) throw new RangeError('the list to pick from is empty');
      return item;
    },
    some: (items, probability) => items.filter(() => chance(probability)),
    bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
    of: (label) => prngOf(`${text}/${label}`),
  };
}
