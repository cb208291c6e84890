import { CodecFault, undecodable } from './codec-fault.ts';

/** Bytes that are read from the front. Each read throws a {@link CodecFault} if they end too early. */
export interface ByteSource {
  /** A view of the next bytes. */
  readonly take: (length: number) => Uint8Array;
  readonly byte: () => number;
  /** The next byte, which stays unread; -1 at the end. */
  readonly peek: () => number;
  /** Little-endian. */
  readonly unsigned: (bytes: number) => bigint;
  /** A compact number in its one shortest form. */
  readonly compact: () => bigint;
  /** How many bytes were read. */
  readonly at: () => number;
  readonly left: () => number;
  /** Throws if bytes are left. */
  readonly end: () => void;
}

export function byteSource(data: Uint8Array): ByteSource {
  let at = 0;

  function take(length: number): Uint8Array {
    if (length > data.length - at)
      throw undecodable(`the bytes end after ${data.length}, in the middle of a value`);
    at += length;
    return data.subarray(at - length, at);
  }
  const byte = (): number => take(1)[0] ?? 0;
  const unsigned = (bytes: number): bigint => littleEndian(take(bytes));

  function compact(): bigint {
    const first = byte();
    const mode = first & 0b11;
    if (mode === 3) return largeCompact(4 + (first >> 2), unsigned);
    const value = (BigInt(first) + (unsigned(2 ** mode - 1) << 8n)) >> 2n;
    const lowest = [0n, 1n << 6n, 1n << 14n][mode] ?? 0n;
    if (value < lowest) throw undecodable('a compact number is longer than it needs to be');
    return value;
  }

  return {
    take,
    byte,
    peek: () => data[at] ?? -1,
    unsigned,
    compact,
    at: () => at,
    left: () => data.length - at,
    end: () => {
      const more = data.length - at;
      if (more > 0) throw new CodecFault('trailing-bytes', `${more} bytes follow the value`);
    },
  };
}

function largeCompact(bytes: number, unsigned: (bytes: number) => bigint): bigint {
  const value = unsigned(bytes);
  const lowest = bytes === 4 ? 1n << 30n : 1n << BigInt(8 * (bytes - 1));
  if (value < lowest) throw undecodable('a compact number is longer than it needs to be');
  return value;
}

function littleEndian(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes).reverse().toString('hex');
  return hex === '' ? 0n : BigInt(`0x${hex}`);
}
