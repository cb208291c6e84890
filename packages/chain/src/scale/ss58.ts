import { createHash } from 'node:crypto';
import { NodeFault } from '../rpc/fault.ts';
import { hexOf } from './hex.ts';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const KEY_BYTES = 32;
const CHECKSUM_BYTES = 2;
const LONGEST_TEXT = 64;

/**
 * The public key (`0x…`) in an SS58 address of a 32-byte key, whatever the network.
 * Format: https://docs.polkadot.com/polkadot-protocol/basics/accounts/ (address format). Throws `malformed`.
 */
export function publicKeyOfAddress(address: string): string {
  const bytes = base58(address);
  const prefixBytes = ((bytes[0] ?? 0) & 0b0100_0000) === 0 ? 1 : 2;
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  const checksum = createHash('blake2b512').update('SS58PRE').update(body).digest();
  const whole = bytes.length === prefixBytes + KEY_BYTES + CHECKSUM_BYTES;
  if (!whole || !checksum.subarray(0, CHECKSUM_BYTES).equals(bytes.subarray(-CHECKSUM_BYTES)))
    throw notAnAddress();
  return hexOf(body.subarray(prefixBytes));
}

function base58(text: string): Uint8Array {
  if (text.length > LONGEST_TEXT) throw notAnAddress();
  let value = 0n;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) throw notAnAddress();
    value = value * 58n + BigInt(digit);
  }
  const zeros = text.length - text.replace(/^1+/, '').length;
  const hex = value === 0n ? '' : value.toString(16);
  const digits = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Uint8Array.from([...new Uint8Array(zeros), ...digits]);
}

function notAnAddress(): NodeFault {
  return new NodeFault('malformed', 'the node named a key by what is no SS58 address of 32 bytes');
}
