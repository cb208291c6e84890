import { KEY_SCHEMES, type KeyScheme, type PublicIdentity } from './port.ts';
import { PUBLIC_KEY_BYTES } from './verify.ts';

/** A public key as text: `ed25519:0x…`, hex in lower case. */
export function publicKeyText(identity: PublicIdentity): string {
  return `${identity.scheme}:0x${Buffer.from(identity.publicKey).toString('hex')}`;
}

/**
 * The key in a text of that form, or null. Also accepts upper case and a missing `0x`. Does not check that
 * the key is a point of the curve.
 */
export function publicKeyFromText(text: string): PublicIdentity | null {
  const match = /^([a-z0-9]+):(?:0x)?([0-9a-fA-F]+)$/.exec(text);
  const scheme = KEY_SCHEMES.find((known) => known === match?.[1]);
  const hex = match?.[2];
  if (scheme === undefined || hex?.length !== 2 * bytesOf(scheme)) return null;
  return { scheme, publicKey: Uint8Array.from(Buffer.from(hex, 'hex')) };
}

function bytesOf(scheme: KeyScheme): number {
  return PUBLIC_KEY_BYTES[scheme];
}
