import { createHash } from 'node:crypto';
import { base58 } from '@scure/base';

const KEY_BYTES = 32;
const CHECKSUM_BYTES = 2;
const LONGEST_TEXT = 64;
/** Prefixes are 14 bits; 46 and 47 are reserved by the format. */
const HIGHEST_PREFIX = 16_383;

/** The parts of an address: the network's prefix, and the 32-byte public key as `0x…`. */
export interface Address {
  readonly prefix: number;
  readonly publicKey: string;
}

/**
 * Reads an SS58 address of a 32-byte key with any prefix of one or two bytes; null for anything else.
 * Format: docs.polkadot.com, "Accounts", address format.
 */
export function readAddress(text: string): Address | null {
  const bytes = base58Bytes(text);
  if (bytes === null) return null;
  const first = bytes[0] ?? 0;
  const second = bytes[1] ?? 0;
  const prefixBytes = first < 64 ? 1 : 2;
  if (first >= 128 || bytes.length !== prefixBytes + KEY_BYTES + CHECKSUM_BYTES) return null;
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!checksum(body).equals(bytes.subarray(-CHECKSUM_BYTES))) return null;
  const prefix = prefixBytes === 1 ? first : wide(first, second);
  // A small prefix in two bytes would be a second text for the same address.
  if (prefixBytes === 2 && prefix < 64) return null;
  return { prefix, publicKey: `0x${Buffer.from(body.subarray(prefixBytes)).toString('hex')}` };
}

/** The address of a public key (`0x` and 64 hex digits) under a prefix. Throws a RangeError for others. */
export function writeAddress({ prefix, publicKey }: Address): string {
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > HIGHEST_PREFIX) {
    throw new RangeError(`${prefix} is not an SS58 prefix: 0 to ${HIGHEST_PREFIX}`);
  }
  if (!/^0x[0-9a-f]{64}$/.test(publicKey)) throw new RangeError('a public key is 0x and 64 hex digits');
  const head = prefix < 64 ? [prefix] : [((prefix & 0xfc) >> 2) | 64, (prefix >> 8) | ((prefix & 3) << 6)];
  const body = Buffer.from([...head, ...Buffer.from(publicKey.slice(2), 'hex')]);
  return base58.encode(Buffer.concat([body, checksum(body)]));
}

function wide(first: number, second: number): number {
  return ((first & 0x3f) << 2) | (second >> 6) | ((second & 0x3f) << 8);
}

function checksum(body: Uint8Array): Buffer {
  return createHash('blake2b512').update('SS58PRE').update(body).digest().subarray(0, CHECKSUM_BYTES);
}

function base58Bytes(text: string): Uint8Array | null {
  if (text.length > LONGEST_TEXT) return null;
  try {
    return base58.decode(text);
  } catch {
    return null;
  }
}
