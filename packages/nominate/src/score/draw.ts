import { createHash } from 'node:crypto';

/** A number in [0, 1) for each candidate. */
export type Draw = (stashKey: string) => number;

const TWO_TO_53 = 2 ** 53;

/**
 * The draw of a seed (hex): the first 53 bits of SHA-256 over `seed ":" public key`. It does not depend on
 * any order or on other candidates, so anyone with the seed can compute each draw.
 */
export function drawOf(seed: string): Draw {
  return (stashKey) => {
    const digest = createHash('sha256').update(`${seed}:${stashKey}`).digest();
    return Number(digest.readBigUInt64BE(0) >> 11n) / TWO_TO_53;
  };
}
