/**
 * The memcomparable encoding in which PD knows keys: groups of eight bytes, the last one filled up with
 * zeros, each followed by 0xff minus the number of bytes that were filled in.
 */

const GROUP = 8;
const FULL = 0xff;

export function encodeOrdered(key: Uint8Array): Uint8Array {
  const groups = Math.floor(key.length / GROUP) + 1;
  const encoded = new Uint8Array(groups * (GROUP + 1));
  for (let group = 0; group < groups; group += 1) {
    const some = key.subarray(group * GROUP, (group + 1) * GROUP);
    encoded.set(some, group * (GROUP + 1));
    encoded[group * (GROUP + 1) + GROUP] = FULL - (GROUP - some.length);
  }
  return encoded;
}

/** Null if the bytes are not encoded like that. */
export function decodeOrdered(encoded: Uint8Array): Uint8Array | null {
  const key: number[] = [];
  for (let at = 0; at + GROUP < encoded.length; at += GROUP + 1) {
    const filled = FULL - (encoded[at + GROUP] ?? 0);
    if (filled > GROUP) return null;
    key.push(...encoded.subarray(at, at + GROUP - filled));
    if (encoded.subarray(at + GROUP - filled, at + GROUP).some((byte) => byte !== 0)) return null;
    if (filled > 0) return at + GROUP + 1 === encoded.length ? Uint8Array.from(key) : null;
  }
  return null;
}
