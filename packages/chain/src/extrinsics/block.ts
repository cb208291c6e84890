import { readHeader } from '../header/header.ts';
import { anything, fields, hash, listOf, orNull, shaped, text } from '../reads/shape.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex } from '../scale/hex.ts';

const shape = fields({ block: fields({ header: anything, extrinsics: listOf(text) }) });

/** A block with its extrinsics, as bytes with their length before them. */
export interface BlockBody {
  readonly hash: string;
  readonly parentHash: string;
  readonly height: bigint;
  readonly extrinsics: readonly Uint8Array[];
}

/** The hash of the block at a height of the node's best chain; null above it. Throws a NodeFault. */
export async function blockHashAt(node: NodeRpc, height: bigint): Promise<string | null> {
  const answer = await node.call('chain_getBlockHash', [Number(height)]);
  return shaped(orNull(hash), answer, `a hash of block ${height}`);
}

/** Throws a NodeFault, `malformed` if the node does not have the block. */
export async function blockBody(node: NodeRpc, blockHash: string): Promise<BlockBody> {
  const { block } = shaped(shape, await node.call('chain_getBlock', [blockHash]), `a block ${blockHash}`);
  const { parentHash, number } = readHeader(block.header);
  const extrinsics = block.extrinsics.map((each) => bytesOfHex(each, 'an extrinsic'));
  return { hash: blockHash, parentHash, height: BigInt(number), extrinsics };
}
