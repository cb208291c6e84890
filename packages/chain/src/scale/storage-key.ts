import { Twox128 } from '@polkadot-api/substrate-bindings';
import { hexOf } from './hex.ts';

/** A guard asks for the same values four times a second, and their hashes took a fifth of its time. */
const hashes = new Map<string, string>();

/**
 * Key of a storage value without parameters: `0x`, hash of the pallet, hash of the item. Remembers each name:
 * give names of code or of metadata only.
 */
export function storageKey(pallet: string, item: string): string {
  return `0x${hashOf(pallet)}${hashOf(item)}`;
}

function hashOf(name: string): string {
  const known = hashes.get(name);
  if (known !== undefined) return known;
  const hash = hexOf(Twox128(Buffer.from(name))).slice(2);
  hashes.set(name, hash);
  return hash;
}
