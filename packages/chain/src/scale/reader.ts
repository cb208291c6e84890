import { NodeFault } from '../rpc/fault.ts';

/** Reads SCALE values one after another. Each read throws `malformed` if the bytes do not contain it. */
export interface ScaleReader {
  readonly u8: () => number;
  readonly u32: () => number;
  readonly u64: () => bigint;
  /** A compact number that fits 32 bits: lengths. */
  readonly compact: () => number;
  readonly fixed: (length: number) => Uint8Array;
  /** Bytes with their length before them. */
  readonly bytes: () => Uint8Array;
  /** A list with its length before it. */
  readonly list: <Item>(read: () => Item) => readonly Item[];
  /** Throws if bytes are left: then the value has another type. */
  readonly end: () => void;
}

/**
 * `what` names the value in errors. Encoding:
 * https://docs.polkadot.com/polkadot-protocol/parachain-basics/data-encoding/
 */
export function scaleReader(data: Uint8Array, what: string): ScaleReader {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;

  function take(length: number): number {
    if (at + length > data.length)
      throw new NodeFault('malformed', `${what} ends after ${data.length} bytes, in the middle of a value`);
    at += length;
    return at - length;
  }
  const u8 = (): number => view.getUint8(take(1));
  const fixed = (length: number): Uint8Array => {
    const start = take(length);
    return data.slice(start, start + length);
  };

  function compact(): number {
    const first = u8();
    const mode = first & 0b11;
    if (mode === 0) return first >> 2;
    if (mode === 1) return (first >> 2) + u8() * 2 ** 6;
    if (mode === 2) return (first >> 2) + u8() * 2 ** 6 + view.getUint16(take(2), true) * 2 ** 14;
    // 0b11 is "as many bytes as the upper bits say, plus four"; lengths need no more than four.
    if (first !== 0b11) throw new NodeFault('malformed', `${what} holds a length above 32 bits`);
    return view.getUint32(take(4), true);
  }

  function list<Item>(read: () => Item): readonly Item[] {
    const length = compact();
    // Every item has a byte at least, so a false length allocates no memory.
    if (length > data.length - at)
      throw new NodeFault('malformed', `${what} declares ${length} items, and is too short for that`);
    return Array.from({ length }, read);
  }

  return {
    u8,
    u32: () => view.getUint32(take(4), true),
    u64: () => view.getBigUint64(take(8), true),
    compact,
    fixed,
    bytes: () => fixed(compact()),
    list,
    end: () => {
      if (at !== data.length)
        throw new NodeFault('malformed', `${what} has ${data.length - at} bytes more than it should`);
    },
  };
}
