import { readHash, readHeader } from '../header/header.ts';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex } from '../scale/hex.ts';

/** A block with its extrinsics, as bytes with their length before them. */
export interface BlockBody {
  readonly hash: string;
  readonly parentHash: string;
  readonly height: bigint;
  readonly extrinsics: readonly Uint8Array[];
}

/** The hash of the block at a height of the node's best chain; null above it. Throws a NodeFault. */
export async function blockHashAt(node: NodeRpc, height: bigint): Promise<string | null> {
  const hash = await node.call('chain_getBlockHash', [Number(height)]);
  return hash === null ? null : readHash(hash, `the hash of block ${height}`);
}

/** Throws a NodeFault, `malformed` if the node does not have the block. */
export async function blockBody(node: NodeRpc, hash: string): Promise<BlockBody> {
  const answer = (await node.call('chain_getBlock', [hash])) as {
    readonly block?: { readonly header?: unknown; readonly extrinsics?: unknown };
  } | null;
  const { header, extrinsics } = answer?.block ?? {};
  if (!Array.isArray(extrinsics)) throw new NodeFault('malformed', `the node sent no body of block ${hash}`);
  const { parentHash, number } = readHeader(header);
  return {
    hash,
    parentHash,
    height: BigInt(number),
    extrinsics: extrinsics.map((each: unknown) => bytesOfHex(each, 'an extrinsic')),
  };
}
