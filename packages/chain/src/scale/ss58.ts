import { readAddress, writeAddress } from '../address/ss58.ts';
import { NodeFault } from '../rpc/fault.ts';
import { hexOf } from './hex.ts';

/** The public key (`0x…`) in an SS58 address of a 32-byte key, for any network. Throws `malformed`. */
export function publicKeyOfAddress(address: string): string {
  const read = readAddress(address);
  if (read === null)
    throw new NodeFault('malformed', 'the node named a key that is not an SS58 address of 32 bytes');
  return read.publicKey;
}

/** The SS58 address of a key of 32 bytes for a network's prefix of 14 bits. */
export function addressOfPublicKey(publicKey: Uint8Array, prefix: number): string {
  return writeAddress({ prefix, publicKey: hexOf(publicKey) });
}
