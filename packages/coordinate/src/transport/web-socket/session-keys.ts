import {
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

/** RFC 8410: the DER around the 32 bytes of an X25519 public key. */
const X25519_DER_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

export const EPHEMERAL_BYTES = 32;

/** One end's key pair for one connection. */
export interface Ephemeral {
  readonly publicKey: Uint8Array;
  /** The secret that both ends share, or null where the other's bytes are no usable point. */
  shared(theirs: Uint8Array): Uint8Array | null;
}

/** A fresh X25519 pair; it dies with the connection, so what was recorded cannot be read later with an operator key. */
export function newEphemeral(): Ephemeral {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const der = publicKey.export({ format: 'der', type: 'spki' });
  return {
    publicKey: Uint8Array.from(der.subarray(-EPHEMERAL_BYTES)),
    shared: (theirs) => sharedSecret(privateKey, theirs),
  };
}

/** The keys of the two directions, 32 bytes each, bound to every byte of the handshake so far. */
export function directionKeys(
  shared: Uint8Array,
  transcript: Uint8Array,
): { readonly initiator: Uint8Array; readonly responder: Uint8Array } {
  const derive = (role: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', shared, transcript, `watchbill/web-socket/${role}/1`, 32));
  return { initiator: derive('initiator'), responder: derive('responder') };
}

/** SHA-256 over parts of fixed length, in their order. */
export function digestOf(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}

function sharedSecret(privateKey: KeyObject, theirs: Uint8Array): Uint8Array | null {
  try {
    const publicKey = createPublicKey({
      key: Buffer.concat([X25519_DER_PREFIX, theirs]),
      format: 'der',
      type: 'spki',
    });
    return Uint8Array.from(diffieHellman({ privateKey, publicKey }));
  } catch {
    // Points of small order make a secret of zeros, which OpenSSL refuses.
    return null;
  }
}
