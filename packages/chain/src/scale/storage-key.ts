import { Twox128 } from '@polkadot-api/substrate-bindings';
import { hexOf } from './hex.ts';

/** Key of a storage value without parameters: `0x`, hash of the pallet, hash of the item. */
export function storageKey(pallet: string, item: string): string {
  const hashes = [pallet, item].map((name) => Twox128(Buffer.from(name)));
  return hexOf(Buffer.concat(hashes));
}
