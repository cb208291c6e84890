import {
  Blake2128,
  Blake2128Concat,
  Blake2256,
  Identity,
  Twox64Concat,
  Twox128,
  Twox256,
} from '@polkadot-api/substrate-bindings';
import type { Json } from '@watchbill/kit';
import { CodecFault, caught } from '../scale/codec-fault.ts';
import { numberType } from '../scale/number-bytes.ts';
import { storageKey } from '../scale/storage-key.ts';
import type { ChainMetadata } from './metadata.ts';
import { oncePerRuntime } from './value-decode.ts';
import { encodeValue } from './value-encode.ts';

/** A part of a key, in the form of its type: for example an account as hex or as its address, or a number. */
export type KeyPart = Json | bigint;

/** A storage item of one runtime. */
export interface StorageItem {
  /** `Pallet.Item`. */
  readonly name: string;
  readonly valueType: number;
  /** The default value as hex; null if a missing value means none. */
  readonly fallback: string | null;
  /** How many parts a whole key has; 0 for a value without keys. */
  readonly parts: number;
  /** The key of all given parts, or the prefix that keys of those parts have. Throws a RangeError. */
  readonly key: (parts: readonly KeyPart[]) => string;
  /**
   * The parts of a whole key as bytes in hex, numbers little-endian; null if a hasher hides one, if its type
   * has no fixed length, or if the key is another's.
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
  readonly type: number;
  readonly hasher: Hasher;
  /** Cached hashes: the same account or era is in very many keys. */
  readonly hashed: Map<KeyPart, string>;
}

const MOST_HASHED = 200_000;

const itemsOf = oncePerRuntime(() => new Map<string, StorageItem | null>());

/** The item of a pallet, made once for each runtime; null if the runtime has no item of that name. */
export function storageItem(metadata: ChainMetadata, pallet: string, item: string): StorageItem | null {
  const items = itemsOf(metadata);
  const name = `${pallet}.${item}`;
  const known = items.get(name);
  if (known !== undefined) return known;
  const made = madeItem(metadata, pallet, item);
  items.set(name, made);
  return made;
}

function madeItem(metadata: ChainMetadata, pallet: string, name: string): StorageItem | null {
  const storage = metadata.unified.pallets.find((each) => each.name === pallet)?.storage;
  const item = storage?.items.find((each) => each.name === name);
  if (storage === undefined || item === undefined) return null;
  const { tag, value } = item.type;
  const slots = tag === 'plain' ? [] : slotsOf(metadata, value);
  const prefix = storageKey(storage.prefix, name);
  return {
    name: `${pallet}.${name}`,
    valueType: tag === 'plain' ? value : value.value,
    fallback: item.modifier === 1 ? item.fallback : null,
    parts: slots.length,
    key: (parts) => {
      if (parts.length > slots.length)
        throw new RangeError(`${pallet}.${name} has keys of ${slots.length} parts`);
      const key = caught(() =>
        slots.slice(0, parts.length).map((slot, at) => hashed(metadata, slot, parts[at])),
      );
      if (key instanceof CodecFault) throw new RangeError(`${pallet}.${name}: ${key.message}`);
      return `${prefix}${key.join('')}`;
    },
    partsOf: (key) => partsOfKey(metadata, slots, key, prefix.length),
  };
}

/** Keys of several hashers are a tuple; its parts have their types in the registry. */
function slotsOf(
  metadata: ChainMetadata,
  map: { readonly hashers: readonly { readonly tag: string }[]; readonly key: number },
): readonly Slot[] {
  const def = metadata.unified.lookup[map.key]?.def;
  const types = map.hashers.length > 1 && def?.tag === 'tuple' ? def.value : [map.key];
  return map.hashers.flatMap(({ tag }, index) => {
    const [type, hasher] = [types[index], HASHERS[tag]];
    return type === undefined || hasher === undefined ? [] : [{ type, hasher, hashed: new Map() }];
  });
}

function hashed(metadata: ChainMetadata, slot: Slot, part: KeyPart = null): string {
  const known = slot.hashed.get(part);
  if (known !== undefined) return known;
  const bytes = encodeValue(metadata, slot.type, typeof part === 'bigint' ? part.toString() : part);
  const hash = Buffer.from(slot.hasher.hash(bytes)).toString('hex');
  if (slot.hashed.size < MOST_HASHED && typeof part !== 'object') slot.hashed.set(part, hash);
  return hash;
}

function partsOfKey(
  metadata: ChainMetadata,
  slots: readonly Slot[],
  key: string,
  start: number,
): readonly string[] | null {
  let at = start;
  const parts: string[] = [];
  for (const { hasher, type } of slots) {
    const bytes = bytesOfType(metadata, type);
    if (hasher.before === null || bytes === null) return null;
    const from = at + 2 * hasher.before;
    at = from + 2 * bytes;
    if (key.length < at) return null;
    parts.push(`0x${key.slice(from, at)}`);
  }
  return key.length === at ? parts : null;
}

/** Of accounts, hashes and numbers; null for other types. */
function bytesOfType(metadata: ChainMetadata, type: number): number | null {
  const entry = metadata.lookup(type);
  if (entry.type === 'AccountId32') return 32;
  if (entry.type === 'array') return entry.len;
  const bits = entry.type === 'primitive' ? numberType(entry.value)?.bits : undefined;
  return bits === undefined ? null : bits / 8;
}
