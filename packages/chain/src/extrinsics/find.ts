import { isNodeFault, isRefusedByNode, NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { type BlockBody, blockBody, blockHashAt } from './block.ts';
import { type DispatchResult, dispatchResult } from './dispatch.ts';
import { blake2Hash } from './hash.ts';
import type { ChainMetadata } from './metadata.ts';
import { readExtrinsic } from './read-extrinsic.ts';
import type { RuntimeViews } from './runtime-view.ts';
import { readStorage } from './storage.ts';

/** The blocks to search. */
export interface SearchGround {
  readonly node: NodeRpc;
  readonly views: RuntimeViews;
  readonly signal?: AbortSignal;
  /**
   * A block that the node lacks, although it has the last one, is a fault and no end of the search: a node
   * that began with the state of a late block lacks earlier blocks until it has fetched them.
   */
  readonly refusesGaps?: boolean;
}

/** Either of them identifies one extrinsic at most: a chain accepts each nonce of an account once. */
export type WantedExtrinsic =
  | { readonly account: Uint8Array; readonly nonce: number }
  | { readonly hash: string };

/** An extrinsic that is in a block. */
export interface LandedExtrinsic {
  readonly hash: string;
  readonly block: string;
  readonly height: bigint;
  readonly index: number;
  /** Bytes of its call; null if only the hash of the extrinsic matched and it cannot be read. */
  readonly call: Uint8Array | null;
  /** Null if the block's events are missing or have no result for it. */
  readonly dispatch: DispatchResult | null;
}

/**
 * The first block from `from` to `to` (both included) of the node's best chain that has it; null if none
 * does. Throws a NodeFault.
 */
export async function findExtrinsic(
  ground: SearchGround,
  wanted: WantedExtrinsic,
  from: bigint,
  to: bigint,
): Promise<LandedExtrinsic | null> {
  for (let height = from > 1n ? from : 1n; height <= to; height += 1n) {
    ground.signal?.throwIfAborted();
    const hash = await blockHashAt(ground.node, height);
    if (hash === null) {
      if (ground.refusesGaps === true) await refuseGap(ground.node, height, to);
      return null;
    }
    const found = await inBlock(ground, wanted, hash);
    if (found !== null) return found;
  }
  return null;
}

/** A block with the runtime in its parent's state, which executes it, and decodes it and its events. */
export async function executedBlock(
  { node, views }: SearchGround,
  hash: string,
): Promise<BlockBody & { readonly metadata: ChainMetadata }> {
  const body = await blockBody(node, hash);
  return { ...body, metadata: (await views.at(node, body.parentHash)).metadata };
}

async function refuseGap(node: NodeRpc, height: bigint, to: bigint): Promise<void> {
  if ((await blockHashAt(node, to)) === null) return;
  throw new NodeFault(
    'refused',
    `the node has block ${to}, but not block ${height}; wait until it has them all`,
  );
}

async function inBlock(
  ground: SearchGround,
  wanted: WantedExtrinsic,
  hash: string,
): Promise<LandedExtrinsic | null> {
  const { metadata, ...body } = await executedBlock(ground, hash);
  const index = body.extrinsics.findIndex((bytes) => isWanted(metadata, wanted, bytes));
  const bytes = body.extrinsics[index];
  if (bytes === undefined) return null;
  return {
    hash: blake2Hash(bytes),
    block: body.hash,
    height: body.height,
    index,
    call: readExtrinsic(metadata, bytes)?.call ?? null,
    dispatch: await dispatchIn(ground.node, metadata, body.hash, index),
  };
}

function isWanted(metadata: ChainMetadata, wanted: WantedExtrinsic, bytes: Uint8Array): boolean {
  if ('hash' in wanted) return blake2Hash(bytes) === wanted.hash;
  const author = readExtrinsic(metadata, bytes)?.author ?? null;
  return (
    author !== null && author.nonce === wanted.nonce && Buffer.compare(author.account, wanted.account) === 0
  );
}

/**
 * The state of an old block may be gone, although the extrinsic is still there. A node that did not answer
 * may have it: its fault is thrown.
 */
async function dispatchIn(
  node: NodeRpc,
  metadata: ChainMetadata,
  block: string,
  index: number,
): Promise<DispatchResult | null> {
  const events = await readStorage(node, metadata, ['System', 'Events'], [], block).catch(
    (error: unknown) => {
      if (isRefusedByNode(error) || isNodeFault(error, 'malformed')) return null;
      throw error;
    },
  );
  return events?.result === 'value' ? dispatchResult(events.value, index) : null;
}
