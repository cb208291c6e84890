import { createHmac } from 'node:crypto';
import { getPublicKey, secretFromSeed, sign, verify } from '@scure/sr25519';
import type { SigningKey } from './port.ts';

const NONCE_DOMAIN = 'watchbill/sr25519/nonce/1';

/**
 * Schnorr over ristretto255 as Substrate signs (context `substrate`), from a mini-secret of 32 bytes. The
 * scheme mixes random bytes into its nonce. Here they come from the key and the message, so that the same
 * message has the same signature. The nonce stays secret, because half of the key goes into it.
 */
export function sr25519Key(miniSecret: Uint8Array): SigningKey {
  const secretKey = secretFromSeed(miniSecret);
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
 * The library refuses s >= the order, any other than the one encoding of a point, and a missing marker bit.
 */
export function verifySr25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verify(message, signature, publicKey);
}
