import { readAddress } from '../address/ss58.ts';
import { NodeFault } from '../rpc/fault.ts';

/** The public key (`0x…`) in an SS58 address of a 32-byte key, for any network. Throws `malformed`. */
export function publicKeyOfAddress(address: string): string {
  const read = readAddress(address);
  if (read === null)
    throw new NodeFault('malformed', 'the node named a key that is not an SS58 address of 32 bytes');
  return read.publicKey;
}
