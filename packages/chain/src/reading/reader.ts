import { type KeyPart, type StorageItem, storageItem } from '../extrinsics/item.ts';
import type { ChainMetadata } from '../extrinsics/metadata.ts';
import type { RuntimeView, RuntimeViews } from '../extrinsics/runtime-view.ts';
import { type Head, headerAt } from '../header/header.ts';
import { hash, listOf, orNull, shaped } from '../reads/shape.ts';
import { isNodeFault, NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex } from '../scale/hex.ts';
import { type CallCounts, type CountedNode, countedNode } from './count.ts';
import { type Plain, ShapeFault } from './plain.ts';
import { plainValue } from './plain-decode.ts';
import { type BatchLimits, pagedKeys, queryKeys, type WantedKey } from './query.ts';

/** The content of a storage item. */
export type Reading =
  | { readonly result: 'value'; readonly value: Plain }
  /** The item is empty; `fallback` is the runtime's default, null for none. */
  | { readonly result: 'empty'; readonly fallback: Plain }
  /** The runtime has no such item, or its bytes cannot be read. */
  | { readonly result: 'unknown'; readonly why: string };

/** Values of one item, for a list of keys. */
export interface ItemRequest {
  readonly pallet: string;
  readonly item: string;
  /** Default: the one value of an item without keys. */
  readonly keys?: readonly (readonly KeyPart[])[];
  /** Roughly how many bytes a value has; default 64. */
  readonly valueBytes?: number;
}

export type KeysReading =
  | { readonly result: 'keys'; readonly keys: readonly (readonly string[])[] }
  | { readonly result: 'unknown'; readonly why: string };

export type ApiReading =
  | { readonly result: 'answer'; readonly bytes: Uint8Array }
  | { readonly result: 'unknown'; readonly why: string };

/**
 * The state of one finalised block, from one endpoint. Every method rejects with a NodeFault if there is no
 * answer.
 */
export interface PinnedReader {
  readonly endpoint: string;
  readonly block: { readonly number: bigint; readonly hash: string; readonly parentHash: string };
  /** The runtime that wrote the state of the block: that of its parent. */
  readonly runtime: { readonly specName: string; readonly specVersion: number; readonly ss58Prefix: number };
  readonly has: (pallet: string, item: string) => boolean;
  /** One list of values for each request, in the order of its keys. Concurrent requests share calls. */
  readonly read: (requests: readonly ItemRequest[]) => Promise<readonly (readonly Reading[])[]>;
  /** The keys of an item that begin with these parts, as bytes in hex; `unknown` above `most` of them. */
  readonly keys: (
    pallet: string,
    item: string,
    parts: readonly KeyPart[],
    most: number,
  ) => Promise<KeysReading>;
  readonly constant: (pallet: string, name: string) => Reading;
  /** The answer of a runtime API, as hex; the reason if the runtime has none of that name, or it failed. */
  readonly call: (api: string, argument: string) => Promise<ApiReading>;
  /** Hashes of blocks of this chain by height; null above its head. */
  readonly hashesAt: (heights: readonly number[]) => Promise<readonly (string | null)[]>;
  /** Another block of the same endpoint. */
  readonly at: (hash: string) => Promise<PinnedReader>;
  /** As {@link at}, for a block that the same runtime wrote. */
  readonly sameRuntimeAt: (block: PinnedReader['block']) => PinnedReader;
  readonly counts: () => CallCounts;
}

export interface ReaderParts {
  readonly views: RuntimeViews;
  readonly limits: BatchLimits;
  /** The longest time for the next call. */
  readonly timeoutMs: () => number;
}

const USUAL_VALUE_BYTES = 64;

/**
 * A reader of one block. State is decoded by the metadata of the runtime that wrote it, even right after an
 * upgrade.
 */
export async function pinnedReader(node: NodeRpc, head: Head, parts: ReaderParts): Promise<PinnedReader> {
  const counted = countedNode(node, parts.timeoutMs);
  return readerAt(counted, head, parts);
}

async function readerAt(counted: CountedNode, head: Head, parts: ReaderParts): Promise<PinnedReader> {
  const writer = head.number === 0 ? head.hash : head.parentHash;
  const view = await parts.views.at(counted.node, writer);
  const block = { number: BigInt(head.number), hash: head.hash, parentHash: head.parentHash };
  return readerOf(counted, block, { ...parts, view });
}

type Parts = ReaderParts & { readonly view: RuntimeView };

function readerOf(counted: CountedNode, block: PinnedReader['block'], parts: Parts): PinnedReader {
  const { node } = counted;
  const { view, limits } = parts;
  const { metadata } = view;
  return {
    endpoint: node.address,
    block,
    runtime: {
      specName: view.specName,
      specVersion: view.specVersion,
      ss58Prefix: metadata.ss58Prefix,
    },
    has: (pallet, item) => storageItem(metadata, pallet, item) !== null,
    read: (requests) => readItems(node, block.hash, metadata, limits, requests),
    keys: async (pallet, item, keyParts, most) => {
      const found = storageItem(metadata, pallet, item);
      if (found === null) return noSuchItem(pallet, item);
      const asked = { keysPerPage: limits.keysPerPage, most: most + 1 };
      const keys = await pagedKeys(node, found.key(keyParts), block.hash, asked);
      if (keys.length > most)
        return { result: 'unknown', why: `${pallet}.${item} has more than ${most} keys` };
      const read = keys.map((key) => found.partsOf(key));
      return read.every((each) => each !== null)
        ? { result: 'keys', keys: read }
        : { result: 'unknown', why: `the keys of ${pallet}.${item} cannot be read back` };
    },
    constant: (pallet, name) => constantOf(metadata, pallet, name),
    call: (api, argument) => apiCall(node, api, argument, block.hash),
    hashesAt: (heights) => hashesAt(node, heights),
    at: async (other) => readerAt(counted, await headerAt(node, other), parts),
    sameRuntimeAt: (other) => readerOf(counted, other, parts),
    counts: counted.counts,
  };
}

function noSuchItem(pallet: string, item: string): { readonly result: 'unknown'; readonly why: string } {
  return { result: 'unknown', why: `the runtime has no ${pallet}.${item}` };
}

async function readItems(
  node: NodeRpc,
  block: string,
  metadata: ChainMetadata,
  limits: BatchLimits,
  requests: readonly ItemRequest[],
): Promise<readonly (readonly Reading[])[]> {
  const asked = requests.map(({ pallet, item, keys = [[]], valueBytes = USUAL_VALUE_BYTES }) => {
    const found = storageItem(metadata, pallet, item);
    const missing = noSuchItem(pallet, item);
    if (found === null) return { missing, found, keys: keys.map(() => ''), valueBytes };
    if (keys.some((parts) => parts.length !== found.parts)) {
      const why = `${pallet}.${item} has keys of ${found.parts} parts in this runtime`;
      return { missing: { ...missing, why }, found: null, keys: keys.map(() => ''), valueBytes };
    }
    return { missing, found, keys: keys.map(found.key), valueBytes };
  });
  const wanted = asked.flatMap(({ found, keys, valueBytes }) =>
    found === null ? [] : keys.map((key): WantedKey => ({ key, valueBytes })),
  );
  const values = wanted.length === 0 ? new Map() : await queryKeys(node, wanted, block, limits);
  return asked.map(({ found, missing, keys }) =>
    keys.map((key) => (found === null ? missing : readingOf(metadata, found, values.get(key) ?? null))),
  );
}

function readingOf(
  metadata: ChainMetadata,
  { name: what, valueType, fallback }: StorageItem,
  hex: string | null,
): Reading {
  try {
    const read = (text: string): Plain => plainValue(metadata, valueType, bytesOfHex(text, what));
    if (hex !== null) return { result: 'value', value: read(hex) };
    return { result: 'empty', fallback: fallback === null ? null : read(fallback) };
  } catch (error) {
    if (error instanceof ShapeFault)
      return { result: 'unknown', why: `${what} cannot be read: ${error.message}` };
    throw error;
  }
}

function constantOf(metadata: ChainMetadata, pallet: string, name: string): Reading {
  const constants = metadata.unified.pallets.find((each) => each.name === pallet)?.constants ?? [];
  const found = constants.find((each) => each.name === name);
  const what = `the constant ${pallet}.${name}`;
  if (found === undefined) return { result: 'unknown', why: `the runtime has no ${what.slice(4)}` };
  try {
    return { result: 'value', value: plainValue(metadata, found.type, bytesOfHex(found.value, what)) };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read';
    return { result: 'unknown', why: `${what} cannot be read: ${why}` };
  }
}

async function apiCall(node: NodeRpc, api: string, argument: string, block: string): Promise<ApiReading> {
  try {
    return {
      result: 'answer',
      bytes: bytesOfHex(await node.call('state_call', [api, argument, block]), api),
    };
  } catch (error) {
    if (isNodeFault(error, 'refused')) return { result: 'unknown', why: error.message };
    throw error;
  }
}

/** One call for all if the node takes lists, as those of Substrate do. */
async function hashesAt(node: NodeRpc, heights: readonly number[]): Promise<readonly (string | null)[]> {
  if (heights.length === 0) return [];
  const answer = await node.call('chain_getBlockHash', [heights]);
  const hashes = shaped(listOf(orNull(hash)), answer, 'a list of hashes');
  if (hashes.length === heights.length) return hashes;
  throw new NodeFault('malformed', `the node sent ${hashes.length} hashes for ${heights.length} heights`);
}
