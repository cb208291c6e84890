import { NodeFault } from '../rpc/fault.ts';
import { CodecFault } from './codec-fault.ts';
import { littleEndian } from './number-bytes.ts';

/** Reads SCALE values one after another. Each read throws if the bytes do not contain it. */
export interface ScaleReader {
  readonly u8: () => number;
  readonly u32: () => number;
  readonly u64: () => bigint;
  /** Little-endian. */
  readonly unsigned: (bytes: number) => bigint;
  /** A compact number in its one shortest form. */
  readonly compact: () => bigint;
  /** How many items follow. Every item has a byte at least, so a false length allocates no memory. */
  readonly length: () => number;
  /** A view of the next bytes. */
  readonly fixed: (length: number) => Uint8Array;
  /** Bytes with their length before them. */
  readonly bytes: () => Uint8Array;
  /** A list with its length before it. */
  readonly list: <Item>(read: () => Item) => readonly Item[];
  /** The next byte, which stays unread; -1 at the end. */
  readonly peek: () => number;
  /** How many bytes were read. */
  readonly at: () => number;
  readonly left: () => number;
  /** Throws if bytes are left: then the value has another type. */
  readonly end: () => void;
}

/**
 * Reads bytes from the front. A read that fails throws `malformed`, whose text names `what`; without a name
 * it throws a {@link CodecFault}. Encoding:
 * https://docs.polkadot.com/polkadot-protocol/parachain-basics/data-encoding/
 */
export function scaleReader(data: Uint8Array, what?: string): ScaleReader {
  let at = 0;

  function refusal(code: CodecFault['code'], text: string): Error {
    if (what === undefined) return new CodecFault(code, text);
    return new NodeFault('malformed', `${what} cannot be read: ${text}`);
  }

  function fixed(length: number): Uint8Array {
    if (length > data.length - at)
      throw refusal('undecodable', `the bytes end after ${data.length}, in the middle of a value`);
    at += length;
    return data.subarray(at - length, at);
  }
  const u8 = (): number => fixed(1)[0] ?? 0;
  const unsigned = (bytes: number): bigint => littleEndian(fixed(bytes));

  function compact(): bigint {
    const first = u8();
    const mode = first & 0b11;
    const bytes = 4 + (first >> 2);
    const value = mode === 3 ? unsigned(bytes) : (BigInt(first) + (unsigned(2 ** mode - 1) << 8n)) >> 2n;
    const lowestBits = mode < 3 ? [0, 6, 14][mode] : bytes === 4 ? 30 : 8 * (bytes - 1);
    if (mode > 0 && value < 1n << BigInt(lowestBits ?? 0))
      throw refusal('undecodable', 'a compact number is longer than it needs to be');
    return value;
  }

  function length(): number {
    const items = compact();
    if (items > BigInt(data.length - at))
      throw refusal('undecodable', 'a list is longer than the bytes that are left');
    return Number(items);
  }

  return {
    u8,
    u32: () => Number(unsigned(4)),
    u64: () => unsigned(8),
    unsigned,
    compact,
    length,
    fixed,
    bytes: () => fixed(length()),
    list: (read) => Array.from({ length: length() }, read),
    peek: () => data[at] ?? -1,
    at: () => at,
    left: () => data.length - at,
    end: () => {
      const more = data.length - at;
      if (more > 0) throw refusal('trailing-bytes', `${more} bytes follow the value`);
    },
  };
}

/** The value that `read` makes of all the bytes. Throws as {@link scaleReader}. */
export function readWhole<Value>(
  data: Uint8Array,
  read: (reader: ScaleReader) => Value,
  what?: string,
): Value {
  const reader = scaleReader(data, what);
  const value = read(reader);
  reader.end();
  return value;
}
