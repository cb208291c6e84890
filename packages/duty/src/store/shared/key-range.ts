/** The least byte string after any other is that string and a zero byte. */
const NEXT_KEY = '\0';

/** The first key of a page: that of the prefix, or the one after `after`, if that sorts behind it. */
export function firstKey(encode: (key: string) => Uint8Array, prefix: string, after?: string): Uint8Array {
  const isBehind = after !== undefined && Buffer.compare(encode(after), encode(prefix)) >= 0;
  return encode(isBehind ? after + NEXT_KEY : prefix);
}

/** The least byte string above every string that begins with `prefix`; null if there is none. */
export function endOfPrefix(prefix: Uint8Array): Uint8Array | null {
  for (let index = prefix.length - 1; index >= 0; index -= 1) {
    const byte = prefix[index] ?? 0xff;
    if (byte === 0xff) continue;
    const end = prefix.slice(0, index + 1);
    end[index] = byte + 1;
    return end;
  }
  return null;
}
