import { createHash } from 'node:crypto';

export const DIGEST_BYTES = 32;

/** SHA-256 over a tag, which names the kind of the digest, and the parts behind it. */
export function taggedDigest(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256').update(tag, 'ascii');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
