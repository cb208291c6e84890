import { secp256k1 } from '@noble/curves/secp256k1.js';
import { Keccak256 } from '@polkadot-api/substrate-bindings';

/**
 * The Ethereum address of a secp256k1 key (33 bytes, compressed): `0x` and 40 hexadecimal digits, whose
 * case is the checksum of EIP-55. Throws a RangeError for bytes that are not a point of the curve.
 */
export function ethereumAddress(publicKey: Uint8Array): string {
  return checksumAddress(
    Buffer.from(Keccak256(coordinatesOf(publicKey)))
      .subarray(-20)
      .toString('hex'),
  );
}

/** The 64 bytes of both coordinates. */
function coordinatesOf(publicKey: Uint8Array): Uint8Array {
  try {
    return secp256k1.Point.fromBytes(publicKey).toBytes(false).subarray(1);
  } catch (cause) {
    throw new RangeError('the value is not a public key of secp256k1: expected the 33 bytes of a point', {
      cause,
    });
  }
}

/**
 * An address with the checksum of EIP-55: a letter is upper case if the digit of the hash at its place is
 * 8 or more. Takes 40 hexadecimal digits, with or without `0x`.
 */
export function checksumAddress(address: string): string {
  const lower = address.replace(/^0x/, '').toLowerCase();
  const hash = Buffer.from(Keccak256(Buffer.from(lower, 'ascii'))).toString('hex');
  const letters = [...lower].map((digit, at) =>
    Number.parseInt(hash[at] ?? '0', 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${letters.join('')}`;
}
