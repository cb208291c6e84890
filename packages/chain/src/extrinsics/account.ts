import { writeAddress } from '../address/ss58.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { publicKeyOfAddress } from '../scale/ss58.ts';

const ACCOUNT_BYTES = 32;

/** SS58 address of an account of 32 bytes. Throws a RangeError for other lengths. */
export function addressOfAccount(account: Uint8Array, ss58Prefix: number): string {
  if (account.length !== ACCOUNT_BYTES)
    throw new RangeError(`an account has ${ACCOUNT_BYTES} bytes, not ${account.length}`);
  return writeAddress({ prefix: ss58Prefix, publicKey: hexOf(account) });
}

/** The account in an SS58 address of any network, or in 32 bytes of hex; null if the text is neither. */
export function accountOfText(text: string): Uint8Array | null {
  try {
    const hex = text.startsWith('0x') ? text : publicKeyOfAddress(text);
    const account = bytesOfHex(hex, 'an account');
    return account.length === ACCOUNT_BYTES ? account : null;
  } catch {
    return null;
  }
}
