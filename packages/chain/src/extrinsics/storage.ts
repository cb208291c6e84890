import type { Json } from '@watchbill/kit';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { CodecFault, caught } from '../scale/codec-fault.ts';
import { bytesOfHex } from '../scale/hex.ts';
import { readWhole } from '../scale/reader.ts';
import { storageItem } from './item.ts';
import type { ChainMetadata } from './metadata.ts';
import { decodeValue } from './value-decode.ts';

/** The content of a storage item at a block. */
export type StorageReading =
  | { readonly result: 'value'; readonly value: Json }
  /** The item is empty. */
  | { readonly result: 'empty' }
  /** The runtime has no such item. */
  | { readonly result: 'no-such-item' };

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
  const found = storageItem(metadata, pallet, item);
  if (found === null) return { result: 'no-such-item' };
  const stored = await storedBytes(node, metadata, [pallet, item], keys, block);
  if (stored === null) return { result: 'empty' };
  const value = caught(() => readWhole(stored, (source) => decodeValue(metadata, found.valueType, source)));
  if (value instanceof CodecFault)
    throw new NodeFault('malformed', `${found.name} cannot be read: ${value.message}`);
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
  const found = storageItem(metadata, pallet, item);
  if (found === null) return null;
  if (keys.length !== found.parts) throw new RangeError(`${found.name} needs ${found.parts} keys`);
  const stored = await node.call('state_getStorage', [found.key(keys), block]);
  return stored === null ? null : bytesOfHex(stored, found.name);
}
