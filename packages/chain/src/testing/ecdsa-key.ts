import { secp256k1 } from '@noble/curves/secp256k1.js';
import { Blake2256 } from '@polkadot-api/substrate-bindings';

/** The library puts the recovery byte first; Substrate puts it last. */
const KEY_BIT_BYTES = 1;

/** A key of the kind `ecdsa`, from a number of 32 bytes: 33 bytes public, signatures of 65 bytes. */
export function ecdsaKey(secret: Uint8Array) {
  return {
    publicKey: Uint8Array.from(secp256k1.getPublicKey(secret, true)),
    sign: (message: Uint8Array): Uint8Array => {
      const signed = secp256k1.sign(Blake2256(message), secret, { prehash: false, format: 'recovered' });
      return Uint8Array.of(...signed.subarray(KEY_BIT_BYTES), signed[0] ?? 0);
    },
  };
}
