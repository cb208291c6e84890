import { StoreFault } from '../port.ts';

/** Converts keys of the store to bytes in etcd, and back. */
export interface KeySpace {
  /** The bytes of a key in etcd. */
  encode(key: string): Uint8Array;
  /** Back again: without the prefix. */
  decode(key: Uint8Array): string;
  /** etcd's half-open range of all keys with this prefix, or of those after `after`. */
  range(prefix: string, after?: string): KeyRange;
}

export interface KeyRange {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

/** One zero byte as the end of a range means: without end (etcd API, RangeRequest.range_end). */
const WITHOUT_END = Uint8Array.of(0);
/** The least byte string after any other is that string and a zero byte. */
const NEXT_KEY = '\0';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function keySpace(root: string): KeySpace {
  const rootLength = encoder.encode(root).length;
  const encode = (key: string): Uint8Array => encoder.encode(root + key);
  return {
    encode,
    decode: (key) => decoder.decode(key.subarray(rootLength)),
    range: (prefix, after) => {
      const rangeEnd = endOfPrefix(encode(prefix));
      // A page may go on after a key that sorts before the prefix. Then it begins at the prefix.
      const begin = after !== undefined && isAfter(encode(after), encode(prefix)) ? after + NEXT_KEY : prefix;
      return { key: encode(begin), rangeEnd };
    },
  };
}

/** The least byte string above every string that begins with `prefix`. */
export function endOfPrefix(prefix: Uint8Array): Uint8Array {
  for (let index = prefix.length - 1; index >= 0; index -= 1) {
    const byte = prefix[index] ?? 0xff;
    if (byte === 0xff) continue;
    const end = prefix.slice(0, index + 1);
    end[index] = byte + 1;
    return end;
  }
  return WITHOUT_END;
}

function isAfter(key: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(key, other) >= 0;
}

/** Throws `refused` if a key is empty, is not Unicode text, or holds control characters. */
export function checkKey(key: string): void {
  if (key === '') throw badKey('a key is empty');
  checkPrefix(key);
}

/** As {@link checkKey}; a prefix may be empty. */
export function checkPrefix(prefix: string): void {
  if (!prefix.isWellFormed()) throw badKey(`the key ${JSON.stringify(prefix)} is not Unicode text`);
  if (/\p{Cc}/u.test(prefix)) throw badKey(`the key ${JSON.stringify(prefix)} has control characters`);
}

function badKey(what: string): StoreFault {
  return new StoreFault('refused', what, 'use text without control characters');
}
