// Names of storage are hashed with XXH64, which Node does not have. Algorithm: the specification in the
// xxHash repository (doc/xxhash_spec.md, "XXH64 algorithm description").

import { numberBytes } from './number-bytes.ts';

const MASK = (1n << 64n) - 1n;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

const wrap = (value: bigint): bigint => value & MASK;
const rotate = (value: bigint, bits: bigint): bigint => wrap((value << bits) | (value >> (64n - bits)));
const round = (lane: bigint, input: bigint): bigint => wrap(rotate(wrap(lane + input * P2), 31n) * P1);

/** XXH64 of the bytes. Meant for short texts: it is slow. */
export function xxh64(data: Uint8Array, seed: bigint): bigint {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  let hash = wrap(seed + P5);
  if (data.length >= 32) {
    const lanes = [wrap(seed + P1 + P2), wrap(seed + P2), wrap(seed), wrap(seed - P1)];
    for (; at + 32 <= data.length; at += 32)
      for (const [index, lane] of lanes.entries())
        lanes[index] = round(lane, view.getBigUint64(at + 8 * index, true));
    hash = lanes.reduce((sum, lane, index) => wrap(sum + rotate(lane, [1n, 7n, 12n, 18n][index] ?? 0n)), 0n);
    for (const lane of lanes) hash = wrap((hash ^ round(0n, lane)) * P1 + P4);
  }
  hash = wrap(hash + BigInt(data.length));
  for (; at + 8 <= data.length; at += 8)
    hash = wrap(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * P1 + P4);
  if (at + 4 <= data.length) {
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint32(at, true)) * P1), 23n) * P2 + P3);
    at += 4;
  }
  for (; at < data.length; at += 1)
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint8(at)) * P5), 11n) * P1);
  return avalanche(hash);
}

function avalanche(value: bigint): bigint {
  const once = wrap((value ^ (value >> 33n)) * P2);
  const twice = wrap((once ^ (once >> 29n)) * P3);
  return twice ^ (twice >> 32n);
}

/** Hex (without `0x`) of Substrate's twox128: XXH64 with the seeds 0 and 1, little-endian. */
export function twox128(text: string): string {
  const data = new TextEncoder().encode(text);
  return [0n, 1n].map((seed) => Buffer.from(numberBytes(xxh64(data, seed), 8)).toString('hex')).join('');
}

/** Key of a storage value without parameters: `0x`, hash of the pallet, hash of the item. */
export function storageKey(pallet: string, item: string): string {
  return `0x${twox128(pallet)}${twox128(item)}`;
}
