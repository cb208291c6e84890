/** Randomness as a port: bytes for ids and nonces. */
export interface Random {
  bytes(length: number): Uint8Array;
}

/** Many small draws share one call of the operating system. */
const POOL_BYTES = 4_096;

/** The operating system's random source. Each byte is given out once, and wiped from the pool with that. */
export function systemRandom(): Random {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return {
    bytes(length) {
      if (length > POOL_BYTES) return crypto.getRandomValues(new Uint8Array(length));
      if (used + length > POOL_BYTES) {
        crypto.getRandomValues(pool);
        used = 0;
      }
      const drawn = pool.slice(used, used + length);
      pool.fill(0, used, used + length);
      used += length;
      return drawn;
    },
  };
}

/** Lower-case hex of `length` random bytes. */
export function randomHex(random: Random, length: number): string {
  return Buffer.from(random.bytes(length)).toString('hex');
}
