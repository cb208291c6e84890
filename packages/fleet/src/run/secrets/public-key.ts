import { publicKeyOfUri, type SessionScheme } from '@watchbill/chain/keys';

/** The public key of a seed, as `0x` and hex digits; null if the bytes are not a seed of that scheme. */
export function publicKeyOfSeed(scheme: SessionScheme, bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString('utf8').trim();
  return text === '' ? null : publicKeyOfUri(scheme, text);
}
