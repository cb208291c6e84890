import { secp256k1 } from '@noble/curves/secp256k1.js';
import { Blake2256 } from '@polkadot-api/substrate-bindings';

/**
 * The `ecdsa` keys of Substrate, for example those of BEEFY: secp256k1 over the blake2b hash, with the bit
 * that selects the key.
 */
export interface EcdsaKey {
  /** 33 bytes, compressed. */
  readonly publicKey: Uint8Array;
  /** 65 bytes: r, s, and which of the two possible keys it was. Deterministic (RFC 6979). */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const SIGNATURE_BYTES = 65;
/** The library puts the recovery byte first; Substrate puts it last. */
const KEY_BIT_BYTES = 1;

/**
 * The key of a number of 32 bytes. Throws a RangeError for one that is 0 or not below the order of the curve.
 */
export function ecdsaKey(secret: Uint8Array): EcdsaKey {
  const kept = Uint8Array.from(secret);
  if (!secp256k1.utils.isValidSecretKey(kept))
    throw new RangeError('a secp256k1 secret lies between 1 and the order of the curve; make another one');
  return {
    publicKey: Uint8Array.from(secp256k1.getPublicKey(kept, true)),
    sign: (message) => {
      const signed = secp256k1.sign(Blake2256(message), kept, { prehash: false, format: 'recovered' });
      return Uint8Array.of(...signed.subarray(KEY_BIT_BYTES), signed[0] ?? 0);
    },
  };
}

/** Whether a signature of 65 bytes is one of the key over the message. Never throws. */
export function verifyEcdsa(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const turned = Uint8Array.of(signature[SIGNATURE_BYTES - 1] ?? 0, ...signature.subarray(0, -1));
  try {
    const found = secp256k1.recoverPublicKey(turned, Blake2256(message), { prehash: false });
    return Buffer.compare(found, publicKey) === 0;
  } catch {
    return false;
  }
}
