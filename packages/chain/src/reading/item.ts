import {
  Blake2128,
  Blake2128Concat,
  Blake2256,
  Identity,
  Twox64Concat,
  Twox128,
  Twox256,
} from '@polkadot-api/substrate-bindings';
import type { ChainMetadata } from '../extrinsics/metadata.ts';
import { bytesOfHex } from '../scale/hex.ts';
import { numberBytes, numberType } from '../scale/number-bytes.ts';
import { storageKey } from '../scale/xxhash.ts';

/** A part of a key: an account or a hash as hex, or a number. */
export type KeyPart = string | number | bigint;

/** A storage item of one runtime. */
export interface StorageItem {
  readonly pallet: string;
  readonly name: string;
  readonly valueType: number;
  /** The default value as hex; null if a missing value means none. */
  readonly fallback: string | null;
  /** How many parts a whole key has; 0 for a value without keys. */
  readonly parts: number;
  /** The key of all given parts, or the prefix that keys of those parts have. Throws a RangeError. */
  readonly key: (parts: readonly KeyPart[]) => string;
  /**
   * The parts of a whole key as bytes in hex, numbers little-endian; null if a hasher hides one, or the key
   * is another's.
   */
  readonly partsOf: (key: string) => readonly string[] | null;
}

interface Hasher {
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  /** Bytes before the part itself; null if the part is not in the key. */
  readonly before: number | null;
}

const HASHERS: Readonly<Record<string, Hasher>> = {
  Blake2128: { hash: Blake2128, before: null },
  Blake2256: { hash: Blake2256, before: null },
  Twox128: { hash: Twox128, before: null },
  Twox256: { hash: Twox256, before: null },
  Blake2128Concat: { hash: Blake2128Concat, before: 16 },
  Twox64Concat: { hash: Twox64Concat, before: 8 },
  Identity: { hash: Identity, before: 0 },
};

interface Slot {
  readonly hasher: Hasher;
  readonly encode: (part: KeyPart) => Uint8Array;
  readonly bytes: number;
  /** Cached hashes: the same account or era is in very many keys. */
  readonly hashed: Map<KeyPart, string>;
}

const MOST_HASHED = 200_000;

/**
 * The item of a pallet; null if the runtime has no item of that name, or its keys are of an unsupported kind.
 */
export function storageItem(metadata: ChainMetadata, pallet: string, name: string): StorageItem | null {
  const storage = metadata.unified.pallets.find((each) => each.name === pallet)?.storage;
  const item = storage?.items.find((each) => each.name === name);
  if (storage === undefined || item === undefined) return null;
  const { tag, value } = item.type;
  const slots = tag === 'plain' ? [] : slotsOf(metadata, value);
  if (slots === null) return null;
  const prefix = storageKey(storage.prefix, name);
  const valueType = tag === 'plain' ? value : value.value;
  return {
    pallet,
    name,
    valueType,
    fallback: item.modifier === 1 ? item.fallback : null,
    parts: slots.length,
    key: (parts) => `${prefix}${hashedParts(`${pallet}.${name}`, slots, parts)}`,
    partsOf: (key) => partsOfKey(slots, key, prefix.length),
  };
}

function slotsOf(
  metadata: ChainMetadata,
  map: { readonly hashers: readonly { readonly tag: string }[]; readonly key: number },
): readonly Slot[] | null {
  const def = metadata.unified.lookup[map.key]?.def;
  const types = map.hashers.length === 1 ? [map.key] : def?.tag === 'tuple' ? def.value : [];
  const slots = map.hashers.map(({ tag }, index): Slot | null => {
    const [type, hasher] = [types[index], HASHERS[tag]];
    if (type === undefined || hasher === undefined) return null;
    const written = partWriter(metadata, type);
    return written === null ? null : { hasher, ...written, hashed: new Map() };
  });
  return slots.every((slot) => slot !== null) ? slots : null;
}

/** Keys that are read here are accounts, hashes and numbers. */
function partWriter(metadata: ChainMetadata, type: number): Pick<Slot, 'encode' | 'bytes'> | null {
  const entry = metadata.lookup(type);
  if (entry.type === 'primitive') {
    const bits = numberType(entry.value)?.bits;
    if (bits === undefined) return null;
    return { bytes: bits / 8, encode: (part) => numberBytes(BigInt(part), bits / 8) };
  }
  const length = entry.type === 'AccountId32' ? 32 : entry.type === 'array' ? entry.len : null;
  return length === null ? null : { bytes: length, encode: (part) => fixedBytes(part, length) };
}

function fixedBytes(part: KeyPart, length: number): Uint8Array {
  const bytes = typeof part === 'string' ? bytesOfHex(part, 'a part of a key') : null;
  if (bytes?.length !== length) throw new RangeError(`a part of a key is not ${length} bytes of hex`);
  return bytes;
}

function hashedParts(what: string, slots: readonly Slot[], parts: readonly KeyPart[]): string {
  if (parts.length > slots.length) throw new RangeError(`${what} has keys of ${slots.length} parts`);
  return parts.map((part, index) => hashedPart(slots[index], part)).join('');
}

function hashedPart(slot: Slot | undefined, part: KeyPart): string {
  if (slot === undefined) return '';
  const known = slot.hashed.get(part);
  if (known !== undefined) return known;
  const hashed = Buffer.from(slot.hasher.hash(slot.encode(part))).toString('hex');
  if (slot.hashed.size < MOST_HASHED) slot.hashed.set(part, hashed);
  return hashed;
}

function partsOfKey(slots: readonly Slot[], key: string, start: number): readonly string[] | null {
  let at = start;
  const parts: string[] = [];
  for (const { hasher, bytes } of slots) {
    if (hasher.before === null) return null;
    const from = at + 2 * hasher.before;
    at = from + 2 * bytes;
    if (key.length < at) return null;
    parts.push(`0x${key.slice(from, at)}`);
  }
  return key.length === at ? parts : null;
}
