/** A number in this many bytes, little-endian; negative numbers in two's complement. */
export function numberBytes(value: bigint, bytes: number): Uint8Array {
  const hex = BigInt.asUintN(8 * bytes, value).toString(16);
  return Uint8Array.from(Buffer.from(hex.padStart(2 * bytes, '0'), 'hex').reverse());
}

/** A compact number: 6, 14 or 30 bits with their mode, or four bytes and more with their count. */
export function compactBytes(value: bigint): Uint8Array {
  if (value < 1n << 6n) return numberBytes(value << 2n, 1);
  if (value < 1n << 14n) return numberBytes((value << 2n) | 1n, 2);
  if (value < 1n << 30n) return numberBytes((value << 2n) | 2n, 4);
  const bytes = Math.max(4, Math.ceil(value.toString(16).length / 2));
  return Uint8Array.of(((bytes - 4) << 2) | 3, ...numberBytes(value, bytes));
}

/** Bytes with their length before them. */
export function withLength(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.concat([compactBytes(BigInt(bytes.length)), bytes]));
}

/** The unsigned number in bytes that begin with the lowest one. */
export function littleEndian(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes).reverse().toString('hex');
  return hex === '' ? 0n : BigInt(`0x${hex}`);
}

/** How many bits a primitive has (`u8` … `i256`), and whether it is signed; null if it is not a number. */
export function numberType(name: string): { readonly bits: number; readonly signed: boolean } | null {
  const groups = /^(?<sign>[ui])(?<bits>\d+)$/.exec(name)?.groups;
  return groups === undefined ? null : { bits: Number(groups.bits), signed: groups.sign === 'i' };
}

/** Numbers above this many bits are texts, because JSON's are not exact there. */
export const LARGEST_PLAIN_BITS = 32;
