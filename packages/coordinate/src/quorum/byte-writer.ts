/**
 * Writes the one encoding of everything that is signed or sent in this profile: big endian, with fixed or
 * counted lengths.
 */
export interface ByteWriter {
  u8(value: number): void;
  u16(value: number): void;
  u32(value: number): void;
  u64(value: bigint): void;
  flag(value: boolean): void;
  /** Bytes of a length that both sides know. */
  fixed(value: Uint8Array, length: number): void;
  /** A u16 of the length, then the bytes. */
  sized(value: Uint8Array, maxLength: number): void;
  /** Printable ASCII without blanks, 1 or more, behind a u8 of the length. */
  name(value: string, maxLength: number): void;
  /** Any well-formed text behind a u16 of its length in UTF-8. */
  text(value: string, maxLength: number): void;
  finish(): Uint8Array;
}

export const NAME_PATTERN = /^[\x21-\x7e]+$/;

/** All methods throw a RangeError for a value that does not fit the encoding. */
export function byteWriter(): ByteWriter {
  const parts: Uint8Array[] = [];
  const sized = (value: Uint8Array, maxLength: number) => {
    if (value.length > maxLength)
      throw new RangeError(`expected at most ${maxLength} bytes, got ${value.length}`);
    parts.push(number(value.length, 2), value);
  };
  return {
    u8: (value) => parts.push(number(value, 1)),
    u16: (value) => parts.push(number(value, 2)),
    u32: (value) => parts.push(number(value, 4)),
    u64: (value) => parts.push(u64Bytes(value)),
    flag: (value) => parts.push(number(value ? 1 : 0, 1)),
    fixed: (value, length) => {
      if (value.length !== length) throw new RangeError(`expected ${length} bytes, got ${value.length}`);
      parts.push(value);
    },
    sized,
    name: (value, maxLength) => {
      if (value.length > maxLength || !NAME_PATTERN.test(value)) {
        throw new RangeError(`a name has 1 to ${maxLength} printable ASCII characters without blanks`);
      }
      parts.push(number(value.length, 1), Buffer.from(value, 'ascii'));
    },
    text: (value, maxLength) => {
      if (!value.isWellFormed()) throw new RangeError('a text has a lone surrogate');
      sized(Buffer.from(value, 'utf8'), maxLength);
    },
    finish: () => Uint8Array.from(Buffer.concat(parts)),
  };
}

/** Eight bytes, big endian. Throws a RangeError for 2^64 and above. */
export function u64Bytes(value: bigint): Uint8Array {
  if (value < 0n || value >> 64n !== 0n) throw new RangeError(`${value} does not fit in 64 bits`);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** Four bytes, big endian. Throws a RangeError for 2^32 and above. */
export function u32Bytes(value: number): Uint8Array {
  return number(value, 4);
}

function number(value: number, length: 1 | 2 | 4): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * length)) {
    throw new RangeError(`${value} does not fit in ${8 * length} bits`);
  }
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}
