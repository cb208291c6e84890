/** The modulus 2^31 - 1. */
export const MODULUS = 2 ** 31 - 1;

const QUOTIENT = 44_488;
const REMAINDER = 3_399;
const MULTIPLIER = 48_271;

/**
 * One step of the generator that fills a state from a seed: 48271 * x modulo 2^31 - 1.
 * By Schrage's split, as Go does it, so that every product fits 32 bits.
 */
export function stepParkMiller(x: number): number {
  const high = (x / QUOTIENT) | 0;
  const next = (MULTIPLIER * (x - high * QUOTIENT) - REMAINDER * high) | 0;
  return next < 0 ? next + MODULUS : next;
}
