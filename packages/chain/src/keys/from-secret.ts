import { randomBytes } from 'node:crypto';
import { ed25519Key } from './ed25519.ts';
import type { KeyScheme, SigningKey } from './port.ts';
import { secp256k1Key } from './secp256k1.ts';
import { FULL_SECRET_BYTES, sr25519Key } from './sr25519.ts';

/** Bytes of a secret, whatever the scheme. */
export const SECRET_BYTES = 32;

const MAKERS = { ed25519: ed25519Key, secp256k1: secp256k1Key, sr25519: sr25519Key };

/**
 * The key of 32 secret bytes: a seed (ed25519), a mini-secret (sr25519), a number below the order of the
 * curve (secp256k1). sr25519 also takes the 64 bytes of a derived key: scalar and nonce key. Throws a
 * RangeError, which does not show them, for other lengths and for a number that is not a secret.
 */
export function keyFromSecret(scheme: KeyScheme, secret: Uint8Array): SigningKey {
  const isDerived = scheme === 'sr25519' && secret.length === FULL_SECRET_BYTES;
  if (secret.length !== SECRET_BYTES && !isDerived) {
    throw new RangeError(`the secret of a key has ${SECRET_BYTES} bytes, not ${secret.length}`);
  }
  return MAKERS[scheme](secret);
}

/** A key of fresh random bytes and those bytes, so that the caller can store them. */
export function newKeySecret(scheme: KeyScheme): {
  readonly key: SigningKey;
  readonly secret: Uint8Array;
} {
  // All but one in 2^128 numbers of 32 bytes are a secret of secp256k1; that one throws.
  const secret = Uint8Array.from(randomBytes(SECRET_BYTES));
  return { key: keyFromSecret(scheme, secret), secret };
}

/** A key of fresh random bytes that lives as long as the process. */
export function newKey(scheme: KeyScheme): SigningKey {
  return newKeySecret(scheme).key;
}
