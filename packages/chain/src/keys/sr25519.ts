import { createHmac } from 'node:crypto';
import { fromKeypair, getPublicKey, secretFromSeed, sign, verify } from '@scure/sr25519';
import type { SigningKey } from './port.ts';

const NONCE_DOMAIN = 'watchbill/sr25519/nonce/1';

const MINI_SECRET_BYTES = 32;
/** Scalar and nonce key. */
export const FULL_SECRET_BYTES = 64;

/**
 * Schnorr over ristretto255 as Substrate signs (context `substrate`), from a mini-secret of 32 bytes, or from
 * the 64 bytes of a scalar and a nonce key. The scheme mixes random bytes into its nonce. Here they come from
 * the key and the message, so that the same message has the same signature. The nonce stays secret, because
 * half of the key goes into it.
 */
export function sr25519Key(secret: Uint8Array): SigningKey {
  const secretKey = secret.length === MINI_SECRET_BYTES ? secretFromSeed(secret) : Uint8Array.from(secret);
  const nonceKey = secretKey.slice(32);
  return {
    scheme: 'sr25519',
    publicKey: Uint8Array.from(getPublicKey(secretKey)),
    sign: (message) => {
      const mixed = createHmac('sha256', nonceKey).update(NONCE_DOMAIN).update(message).digest();
      return Uint8Array.from(sign(secretKey, message, Uint8Array.from(mixed)));
    },
  };
}

/**
 * The 64 bytes of a secret in the form of `schnorrkel`'s ed25519 export, which Polkadot-JS stores. Throws if
 * they are not those of this public key.
 */
export function sr25519SecretOf(exported: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const pair = fromKeypair(Uint8Array.from([...exported, ...publicKey]));
  return Uint8Array.from(pair.subarray(0, FULL_SECRET_BYTES));
}

/**
 * The library refuses s >= the order, any other than the one encoding of a point, and a missing marker bit.
 */
export function verifySr25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verify(message, signature, publicKey);
}
