import { createPublicKey, verify } from 'node:crypto';
import type { Unit } from '../../rule/index.ts';
import type { SeenVote } from '../contract.ts';

/**
 * A vote as it is reported. Its unit is set and round; its digest is the hash of the target, then its number
 * as 8 bytes big-endian.
 */
export type SignedVote = Omit<SeenVote, 'unit' | 'block'> & { readonly unit: Unit };

/** Variants of finality-grandpa's `Message`. */
const VARIANT = { prevote: 0, precommit: 1 } as const;
const HASH_BYTES = 32;
const DIGEST_BYTES = 40;
const U32_MAX = 2n ** 32n - 1n;

/**
 * Whether the key signed this vote in this round of this set, so that an observer cannot make a vote up. The
 * signed bytes are sp-consensus-grandpa's `localized_payload`: SCALE of (message, round, set), with a block
 * number of 32 bits.
 */
export function isSignedVote({ key, unit, part, digest, signature }: SignedVote): boolean {
  const [set, round] = unit;
  const [target, publicKey] = [bytesOf(digest), bytesOf(key)];
  if (set === undefined || round === undefined || target.length !== DIGEST_BYTES) return false;
  const number = target.readBigUInt64BE(HASH_BYTES);
  if (number > U32_MAX) return false;
  const message = Buffer.alloc(1 + HASH_BYTES + 4 + 8 + 8);
  message.writeUInt8(VARIANT[part]);
  target.copy(message, 1, 0, HASH_BYTES);
  message.writeUInt32LE(Number(number), 1 + HASH_BYTES);
  message.writeBigUInt64LE(round, 5 + HASH_BYTES);
  message.writeBigUInt64LE(set, 13 + HASH_BYTES);
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') };
    return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), bytesOf(signature));
  } catch {
    // Bytes of another length are not a key.
    return false;
  }
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.slice(2), 'hex');
}
