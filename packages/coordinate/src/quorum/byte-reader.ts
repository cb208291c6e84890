import { NAME_PATTERN } from './byte-writer.ts';

/** Reads the bytes of a `ByteWriter`. All methods throw on other bytes; see {@link readBytes}. */
export interface ByteReader {
  u8(): number;
  u16(): number;
  u32(): number;
  u64(): bigint;
  flag(): boolean;
  /** A copy. */
  fixed(length: number): Uint8Array;
  sized(maxLength: number): Uint8Array;
  name(maxLength: number): string;
}

/** Thrown by readers inside {@link readBytes} only. */
class Malformed extends Error {}

/** Stops reading. Only inside {@link readBytes}. */
export function malformed(): never {
  throw new Malformed();
}

/**
 * The value that `read` makes of the bytes, or null if it gives up or leaves bytes over. Never throws for any
 * bytes.
 */
export function readBytes<Result>(
  bytes: Uint8Array,
  read: (reader: ByteReader) => Result,
): { readonly value: Result } | null {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) malformed();
    at += length;
    return Buffer.from(bytes.subarray(at - length, at));
  };
  try {
    const value = read(readerOver(take));
    return at === bytes.length ? { value } : null;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

function readerOver(take: (length: number) => Buffer): ByteReader {
  const u8 = () => take(1).readUInt8();
  const u16 = () => take(2).readUInt16BE();
  const fixed = (length: number) => Uint8Array.from(take(length));
  const sized = (maxLength: number) => {
    const length = u16();
    return length > maxLength ? malformed() : fixed(length);
  };
  return {
    u8,
    u16,
    u32: () => take(4).readUInt32BE(),
    u64: () => take(8).readBigUInt64BE(),
    flag: () => {
      const byte = u8();
      return byte > 1 ? malformed() : byte === 1;
    },
    fixed,
    sized,
    name: (maxLength) => {
      const length = u8();
      const name = length > maxLength ? malformed() : take(length).toString('latin1');
      return NAME_PATTERN.test(name) ? name : malformed();
    },
  };
}
