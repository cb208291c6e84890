import { Blake2256 } from '@polkadot-api/substrate-bindings';
import { hexOf } from '../scale/hex.ts';

/** `0x…`: blake2b of 256 bits, which identifies calls, extrinsics and blocks. */
export function blake2Hash(bytes: Uint8Array): string {
  return hexOf(Blake2256(bytes));
}
