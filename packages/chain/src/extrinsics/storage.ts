import {
  Blake2128,
  Blake2128Concat,
  Blake2256,
  Identity,
  Twox64Concat,
  Twox128,
  Twox256,
} from '@polkadot-api/substrate-bindings';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex } from '../scale/hex.ts';
import { storageKey } from '../scale/xxhash.ts';
import { byteSource } from './byte-source.ts';
import { CodecFault, caught, unfit } from './codec-fault.ts';
import type { Json } from './json.ts';
import type { ChainMetadata } from './metadata.ts';
import { decodeValue } from './value-decode.ts';
import { encodeValue } from './value-encode.ts';

const HASHERS: Readonly<Record<string, (encoded: Uint8Array) => Uint8Array>> = {
  Blake2128,
  Blake2128Concat,
  Blake2256,
  Identity,
  Twox64Concat,
  Twox128,
  Twox256,
};

/** The content of a storage item at a block. */
export type StorageReading =
  | { readonly result: 'value'; readonly value: Json }
  /** The item is empty. */
  | { readonly result: 'empty' }
  /** The runtime has no such item. */
  | { readonly result: 'no-such-item' };

interface Item {
  readonly prefix: string;
  readonly valueType: number;
  readonly keys: readonly { readonly type: number; readonly hasher: string }[];
}

/**
 * Reads a storage item by the runtime's metadata, at a block. Throws a NodeFault; keys that do not fit are a
 * mistake of the caller, and a RangeError.
 */
export async function readStorage(
  node: NodeRpc,
  metadata: ChainMetadata,
  [pallet, item]: readonly [pallet: string, item: string],
  keys: readonly Json[],
  block: string,
): Promise<StorageReading> {
  const found = itemOf(metadata, pallet, item);
  if (found === null) return { result: 'no-such-item' };
  const stored = await storedBytes(node, metadata, [pallet, item], keys, block);
  if (stored === null) return { result: 'empty' };
  const value = decodedValue(metadata, found.valueType, stored);
  if (value instanceof CodecFault)
    throw new NodeFault('malformed', `${pallet}.${item} cannot be read: ${value.message}`);
  return { result: 'value', value };
}

/**
 * The raw bytes of a storage item; null if it is empty, or if there is no such item. Throws as {@link
 * readStorage}.
 */
export async function storedBytes(
  node: NodeRpc,
  metadata: ChainMetadata,
  [pallet, item]: readonly [pallet: string, item: string],
  keys: readonly Json[],
  block: string,
): Promise<Uint8Array | null> {
  const found = itemOf(metadata, pallet, item);
  if (found === null) return null;
  const key = caught(() => keyOf(metadata, item, found, keys));
  if (key instanceof CodecFault) throw new RangeError(`${pallet}.${item}: ${key.message}`);
  const stored = await node.call('state_getStorage', [key, block]);
  return stored === null ? null : bytesOfHex(stored, `${pallet}.${item}`);
}

function decodedValue(metadata: ChainMetadata, type: number, bytes: Uint8Array): Json | CodecFault {
  return caught(() => {
    const source = byteSource(bytes);
    const value = decodeValue(metadata, type, source);
    source.end();
    return value;
  });
}

function itemOf(metadata: ChainMetadata, pallet: string, name: string): Item | null {
  const storage = metadata.unified.pallets.find((each) => each.name === pallet)?.storage;
  const item = storage?.items.find((each) => each.name === name);
  if (storage === undefined || item === undefined) return null;
  const { prefix } = storage;
  if (item.type.tag === 'plain') return { prefix, valueType: item.type.value, keys: [] };
  const { hashers, key, value } = item.type.value;
  const types = hashers.length === 1 ? [key] : tupleTypes(metadata, key);
  const keys = hashers.map((hasher, index) => ({ type: types[index] ?? key, hasher: hasher.tag }));
  return { prefix, valueType: value, keys };
}

/** Keys of several hashers are a tuple; its parts have their types in the registry. */
function tupleTypes(metadata: ChainMetadata, type: number): readonly number[] {
  const def = metadata.unified.lookup[type]?.def;
  return def?.tag === 'tuple' ? def.value : [];
}

function keyOf(metadata: ChainMetadata, name: string, item: Item, keys: readonly Json[]): string {
  if (keys.length !== item.keys.length) throw unfit('', `needs ${item.keys.length} keys`);
  const parts = item.keys.map(({ type, hasher }, index) => {
    const hash = HASHERS[hasher];
    if (hash === undefined) throw unfit('', `is hashed by ${hasher}, which this client does not know`);
    return Buffer.from(hash(encodeValue(metadata, type, keys[index] ?? null))).toString('hex');
  });
  return `${storageKey(item.prefix, name)}${parts.join('')}`;
}
