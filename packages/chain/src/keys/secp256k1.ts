import { verify } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { publicKeyObject } from './key-objects.ts';
import type { SigningKey } from './port.ts';

/** SubjectPublicKeyInfo of id-ecPublicKey on secp256k1 (SEC 2), before a compressed point of 33 bytes. */
const PUBLIC_DER_PREFIX = '3036301006072a8648ce3d020106052b8104000a032200';

/** Half of the order of the curve (SEC 2, section 2.4.1). */
const MAX_LOW_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/**
 * ECDSA over SHA-256 of the message, nonce by RFC 6979, 64 bytes r || s with the low s. Node cannot sign with
 * such a nonce, so the library signs. Throws a RangeError for a secret that is 0 or not below the order.
 */
export function secp256k1Key(secret: Uint8Array): SigningKey {
  const kept = Uint8Array.from(secret);
  if (!secp256k1.utils.isValidSecretKey(kept)) {
    throw new RangeError('a secp256k1 secret lies between 1 and the order of the curve; make another one');
  }
  return {
    scheme: 'secp256k1',
    publicKey: Uint8Array.from(secp256k1.getPublicKey(kept, true)),
    sign: (message) => Uint8Array.from(secp256k1.sign(message, kept, { prehash: true, lowS: true })),
  };
}

/** A high s is refused, because anyone could turn a signature with a low one into it. */
export function verifySecp256k1(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`) > MAX_LOW_S) return false;
  const key = publicKeyObject(PUBLIC_DER_PREFIX, publicKey);
  return key !== null && verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
}
