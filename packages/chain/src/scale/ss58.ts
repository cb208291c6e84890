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
  const whole = bytes.length === prefixBytes + KEY_BYTES + CHECKSUM_BYTES;
  if (!whole || !Buffer.from(checksumOf(body)).equals(bytes.subarray(-CHECKSUM_BYTES))) throw notAnAddress();
  return hexOf(body.subarray(prefixBytes));
}

/** The SS58 address of a key of 32 bytes for a network's prefix of 14 bits. */
export function addressOfPublicKey(publicKey: Uint8Array, prefix: number): string {
  const head = prefix < 64 ? [prefix] : [((prefix & 0xfc) >> 2) | 0x40, (prefix >> 8) | ((prefix & 3) << 6)];
  const body = Uint8Array.from([...head, ...publicKey]);
  return base58Text(Uint8Array.from([...body, ...checksumOf(body)]));
}

function checksumOf(body: Uint8Array): Uint8Array {
  return createHash('blake2b512').update('SS58PRE').update(body).digest().subarray(0, CHECKSUM_BYTES);
}

function base58Text(bytes: Uint8Array): string {
  let value = BigInt(hexOf(bytes));
  let text = '';
  for (; value > 0n; value /= 58n) text = ALPHABET.charAt(Number(value % 58n)) + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return '1'.repeat(zeros < 0 ? bytes.length : zeros) + text;
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
