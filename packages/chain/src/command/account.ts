import { usageFault } from '@watchbill/kit';
import { readAddress } from '../address/ss58.ts';
import { accountOfText } from '../extrinsics/account.ts';
import { bytesOfHex } from '../scale/hex.ts';

const EXAMPLE = '5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY';

/**
 * The account in an SS58 address that a person gave. Throws a usage fault, which does not repeat the value:
 * it may be a seed or a secret phrase. Hex is no address, since a seed has the same form.
 */
export function accountOfAddress(text: string, where: string): Uint8Array {
  const address = readAddress(text);
  if (address !== null) return bytesOfHex(address.publicKey, 'an account');
  throw usageFault('the value is not an SS58 address', `give an SS58 address, for example ${EXAMPLE}`, where);
}

/** The same, where 32 bytes of hex name an account too. */
export function accountGiven(text: string, where: string): Uint8Array {
  const account = accountOfText(text);
  if (account !== null) return account;
  const remedy = `give an SS58 address, for example ${EXAMPLE}, or 0x and 64 hex digits`;
  throw usageFault('the value is not an account', remedy, where);
}
