import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { publicKeyObject } from './key-objects.ts';
import type { SigningKey } from './port.ts';

/** RFC 8410: the DER around 32 raw bytes. */
const PUBLIC_DER_PREFIX = '302a300506032b6570032100';
const PRIVATE_DER_PREFIX = '302e020100300506032b657004220420';

/** RFC 8032 from its 32-byte secret; Node signs. */
export function ed25519Key(secret: Uint8Array): SigningKey {
  const der = Buffer.concat([Buffer.from(PRIVATE_DER_PREFIX, 'hex'), secret]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicDer = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    scheme: 'ed25519',
    publicKey: Uint8Array.from(publicDer.subarray(-32)),
    sign: (message) => Uint8Array.from(sign(null, message, privateKey)),
  };
}

/**
 * OpenSSL refuses s >= L and compares R byte by byte, so only the signer can make a second encoding of a
 * signature.
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = publicKeyObject(PUBLIC_DER_PREFIX, publicKey);
  return key !== null && verify(null, message, key, signature);
}
