/** Signature schemes. Public keys: 32 bytes for the first two, 33 (compressed) for the last. */
export const KEY_SCHEMES = ['sr25519', 'ed25519', 'secp256k1'] as const;

export type KeyScheme = (typeof KEY_SCHEMES)[number];

/** A public identity: scheme and public key. */
export interface PublicIdentity {
  readonly scheme: KeyScheme;
  readonly publicKey: Uint8Array;
}

/**
 * A key that signs. Signing is synchronous and deterministic: the same message always has the same signature
 * of 64 bytes, so that every member that computes it again gets the same bytes.
 */
export interface SigningKey extends PublicIdentity {
  sign(message: Uint8Array): Uint8Array;
}

/** Whether a signature of 64 bytes is valid. Never throws, for any bytes. */
export type VerifySignature = (
  identity: PublicIdentity,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;
