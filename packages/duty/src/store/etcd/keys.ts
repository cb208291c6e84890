import { endOfPrefix, firstKey } from '../memory/key-range.ts';

/** Converts keys of the store to bytes in etcd, and back. */
export type KeySpace = ReturnType<typeof keySpace>;

export interface KeyRange {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

/** One zero byte as the end of a range means: without end (etcd API, RangeRequest.range_end). */
const WITHOUT_END = Uint8Array.of(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function keySpace(root: string) {
  const rootLength = encoder.encode(root).length;
  const encode = (key: string): Uint8Array => encoder.encode(root + key);
  return {
    /** The bytes of a key in etcd. */
    encode,
    /** Back again: without the prefix. */
    decode: (key: Uint8Array): string => decoder.decode(key.subarray(rootLength)),
    /** etcd's half-open range of all keys with this prefix, or of those after `after`. */
    range: (prefix: string, after?: string): KeyRange => ({
      key: firstKey(encode, prefix, after),
      rangeEnd: endOfPrefix(encode(prefix)) ?? WITHOUT_END,
    }),
  };
}
