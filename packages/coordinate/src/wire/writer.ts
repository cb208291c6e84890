/**
 * One field of a proto3 message, encoded. Fields are joined in the order of their numbers, as Go writes them.
 */
export type Encoded = Uint8Array;

const NOTHING: Encoded = new Uint8Array(0);
const MAX_UINT64 = (1n << 64n) - 1n;

/** A varint field, left out if the value is 0. Throws a RangeError outside 64 unsigned bits. */
export function varintField(number: number, value: bigint): Encoded {
  return value === 0n ? NOTHING : Buffer.concat([tag(number, 0), varint(value)]);
}

/** A bytes field, left out if it is empty. */
export function bytesField(number: number, value: Uint8Array): Encoded {
  return value.length === 0 ? NOTHING : presentField(number, value);
}

/** A bytes field or an embedded message that is written even if it is empty, as one of a list is. */
export function presentField(number: number, value: Uint8Array): Encoded {
  return Buffer.concat([tag(number, 2), varint(BigInt(value.length)), value]);
}

/** A packed list of varints, left out if it is empty. */
export function packedField(number: number, values: readonly bigint[]): Encoded {
  return bytesField(number, Buffer.concat(values.map(varint)));
}

/** Fields one after another. */
export function joined(fields: readonly Encoded[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(fields));
}

/** A whole number from 0 as its fewest bytes, big endian: none for 0. Throws a RangeError below 0. */
export function minimalBytes(value: bigint): Uint8Array {
  if (value < 0n) throw new RangeError(`an amount must be 0 or more; got ${value}`);
  if (value === 0n) return NOTHING;
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

/** The whole number in the bytes, big endian. Leading zeros are allowed, and no bytes are 0. */
export function numberFromBytes(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function tag(number: number, type: number): Uint8Array {
  return varint(BigInt(number * 8 + type));
}

function varint(value: bigint): Uint8Array {
  if (value < 0n || value > MAX_UINT64) throw new RangeError(`${value} does not fit 64 unsigned bits`);
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Uint8Array.from([...bytes, Number(rest)]);
}
