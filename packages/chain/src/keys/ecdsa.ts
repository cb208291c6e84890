import { secp256k1 } from '@noble/curves/secp256k1.js';
import { Blake2256 } from '@polkadot-api/substrate-bindings';

const SIGNATURE_BYTES = 65;

/**
 * Whether a signature of 65 bytes is one of the key over the message, in the scheme `ecdsa` of Substrate, for
 * example of BEEFY: secp256k1 over the blake2b hash, with the bit that selects the key. Never throws.
 */
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
