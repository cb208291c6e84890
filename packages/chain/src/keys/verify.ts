import { verifyEd25519 } from './ed25519.ts';
import type { KeyScheme, PublicIdentity, VerifySignature } from './port.ts';
import { verifySecp256k1 } from './secp256k1.ts';
import { verifySr25519 } from './sr25519.ts';

/** Bytes of a signature, whatever the scheme. */
export const SIGNATURE_BYTES = 64;

/** Bytes of a public key. */
export const PUBLIC_KEY_BYTES: Readonly<Record<KeyScheme, number>> = {
  ed25519: 32,
  secp256k1: 33,
  sr25519: 32,
};

const VERIFIERS = { ed25519: verifyEd25519, secp256k1: verifySecp256k1, sr25519: verifySr25519 };

/**
 * See the port. Only the holder of the secret can make a second signature of a message: other encodings of
 * one are refused.
 */
export const verifySignature: VerifySignature = (identity, message, signature) => {
  if (signature.length !== SIGNATURE_BYTES) return false;
  if (identity.publicKey.length !== PUBLIC_KEY_BYTES[identity.scheme]) return false;
  try {
    return VERIFIERS[identity.scheme](identity.publicKey, message, signature);
  } catch {
    // The libraries throw for bytes that encode no point; such bytes are not a signature either.
    return false;
  }
};

/** Whether two identities are the same key of the same scheme. */
export function sameIdentity(left: PublicIdentity, right: PublicIdentity): boolean {
  return left.scheme === right.scheme && Buffer.compare(left.publicKey, right.publicKey) === 0;
}
