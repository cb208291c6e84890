import { createHash } from 'node:crypto';
import { u64Bytes } from './byte-writer.ts';

/**
 * A stream of draws: one seed and one domain always give the same draws, and another domain gives unrelated
 * ones.
 */
export interface Draws {
  /**
   * The next draw: an integer from 0 to below `bound`, each as likely. Throws a RangeError for a bound that
   * is not 1 to 2^32.
   */
  below(bound: number): number;
}

const WORDS = 2 ** 32;
const WORD_BYTES = 4;

/**
 * Block `counter` of the stream: SHA-256(seed || domain || counter). The domain is ASCII; what follows it has
 * a fixed length.
 */
export function drawBlock(seed: Uint8Array, domain: string, counter: bigint): Uint8Array {
  const hash = createHash('sha256').update(seed).update(domain, 'ascii').update(u64Bytes(counter));
  return Uint8Array.from(hash.digest());
}

export function drawsOf(seed: Uint8Array, domain: string): Draws {
  let counter = 0n;
  let block = Buffer.alloc(0);
  const word = () => {
    if (block.length === 0) block = Buffer.from(drawBlock(seed, domain, counter++));
    const next = block.readUInt32BE();
    block = block.subarray(WORD_BYTES);
    return next;
  };
  return {
    below: (bound) => {
      if (!Number.isInteger(bound) || bound < 1 || bound > WORDS) {
        throw new RangeError(`a draw needs a bound from 1 to 2^32; got ${bound}`);
      }
      // Words in the last, incomplete run of `bound` would favour the low results.
      const end = WORDS - (WORDS % bound);
      let drawn = word();
      while (drawn >= end) drawn = word();
      return drawn % bound;
    },
  };
}
