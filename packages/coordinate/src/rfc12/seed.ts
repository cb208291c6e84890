import { createHash } from 'node:crypto';

export const KEY_HASH_BYTES = 20;
export const BLOCK_HASH_BYTES = 32;

/**
 * SHA-256 over the group's key hash and the hash of the safe block: 32 bytes. Throws a RangeError on other
 * lengths.
 */
export function coordinationSeed(keyHash: Uint8Array, blockHash: Uint8Array): Uint8Array {
  checkLength('key hash', keyHash, KEY_HASH_BYTES);
  checkLength('block hash', blockHash, BLOCK_HASH_BYTES);
  return new Uint8Array(createHash('sha256').update(keyHash).update(blockHash).digest());
}

/** The start of the draws: the first 8 bytes of the seed, big endian, read as a signed integer. */
export function drawSeed(seed: Uint8Array): bigint {
  return new DataView(seed.buffer, seed.byteOffset, seed.byteLength).getBigInt64(0);
}

/**
 * RIPEMD-160 of SHA-256 of a compressed secp256k1 key: the name of a wallet in Bitcoin addresses and in RFC
 * 12. Takes 33 bytes, or the 65 of an uncompressed key. Throws a RangeError on anything else.
 */
export function walletKeyHash(publicKey: Uint8Array): Uint8Array {
  const inner = createHash('sha256').update(compressed(publicKey)).digest();
  return new Uint8Array(createHash('ripemd160').update(inner).digest());
}

function compressed(publicKey: Uint8Array): Uint8Array {
  const [prefix] = publicKey;
  if (publicKey.length === 33 && (prefix === 2 || prefix === 3)) return publicKey;
  if (publicKey.length !== 65 || prefix !== 4) {
    throw new RangeError('a secp256k1 key must have 33 bytes, or 65 bytes that begin with 04');
  }
  const isOdd = ((publicKey[64] ?? 0) & 1) === 1;
  return Uint8Array.from([isOdd ? 3 : 2, ...publicKey.subarray(1, 33)]);
}

function checkLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length)
    throw new RangeError(`a ${what} must have ${length} bytes; got ${bytes.length}`);
}
