import { verifyEcdsa } from './ecdsa.ts';
import { verifySignature } from './verify.ts';

/** One key of a set of session keys, with the runtime's four letters for it (`KeyTypeId`). */
export interface SessionKey {
  /** For example `babe` or `gran`. */
  readonly type: string;
  /** 32 bytes, or 33 for ecdsa. */
  readonly key: Uint8Array;
}

type Scheme = 'sr25519' | 'ed25519' | 'ecdsa';

/** Types whose scheme is the same in all runtimes; those of others are tried by the length of the key. */
const SCHEMES: Readonly<Record<string, readonly Scheme[]>> = {
  gran: ['ed25519'],
  babe: ['sr25519'],
  beef: ['ecdsa'],
};
const ECDSA_KEY_BYTES = 33;
const ECDSA_SIGNATURE_BYTES = 65;
const SIGNATURE_BYTES = 64;

/**
 * The prefix of the statement that each key signs, before the owner (polkadot-sdk,
 * `sp_core::proof_of_possession`).
 */
const PREFIX = 'POP_';

/** The statement that each key of a set signs to prove its owner. */
export function ownerStatement(owner: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.concat([Buffer.from(PREFIX), owner]));
}

/**
 * Whether a proof is one signature of each key over its owner, in the order of the keys and without further
 * bytes, as runtimes with version 2 of the API `SessionKeys` require. Never throws. A key of an unknown type
 * may be of any scheme of its length.
 */
export function verifySessionProof(
  keys: readonly SessionKey[],
  owner: Uint8Array,
  proof: Uint8Array,
): boolean {
  const statement = ownerStatement(owner);
  let at = 0;
  for (const { type, key } of keys) {
    const schemes = schemesOf(type, key);
    const length = schemes.includes('ecdsa') ? ECDSA_SIGNATURE_BYTES : SIGNATURE_BYTES;
    const signature = proof.slice(at, at + length);
    at += length;
    if (!schemes.some((scheme) => isSigned(scheme, key, statement, signature))) return false;
  }
  return keys.length > 0 && at === proof.length;
}

function schemesOf(type: string, { length }: Uint8Array): readonly Scheme[] {
  const known = Object.hasOwn(SCHEMES, type) ? SCHEMES[type] : undefined;
  return known ?? (length === ECDSA_KEY_BYTES ? ['ecdsa'] : ['sr25519', 'ed25519']);
}

function isSigned(
  scheme: Scheme,
  publicKey: Uint8Array,
  statement: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (scheme === 'ecdsa') return verifyEcdsa(publicKey, statement, signature);
  return verifySignature({ scheme, publicKey }, statement, signature);
}
