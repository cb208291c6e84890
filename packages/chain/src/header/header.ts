import { fields, hash, listOf, matching, shaped, text } from '../reads/shape.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { decodeDigest, type HeaderDigest } from './digest.ts';

/** A header as RPC sends it. */
export interface RawHeader {
  readonly number: string;
  readonly parentHash: string;
  readonly stateRoot: string;
  readonly extrinsicsRoot: string;
  readonly digest: { readonly logs: readonly string[] };
}

/** A header without the roots. */
export interface Header {
  readonly number: number;
  readonly parentHash: string;
  readonly digest: HeaderDigest;
}

/** A header with its hash: the block that it heads. */
export interface Head extends Header {
  readonly hash: string;
}

const shape = fields({
  number: matching(/^0x[0-9a-f]{1,13}$/),
  parentHash: hash,
  digest: fields({ logs: listOf(text) }),
});

/** Reads the headers of `chain_getHeader` and of the header subscriptions. Throws `malformed`. */
export function readHeader(value: unknown): Header {
  const { number, parentHash, digest } = shaped(shape, value, 'a header');
  return { number: Number(number), parentHash, digest: decodeDigest(digest.logs) };
}

/** The header of a block. Throws `malformed` if the node does not have it. */
export async function headerAt(node: NodeRpc, hash: string): Promise<Head> {
  return { hash, ...readHeader(await node.call('chain_getHeader', [hash])) };
}

/** The node's finalised head. */
export async function finalizedHead(node: NodeRpc): Promise<Head> {
  return headerAt(node, shaped(hash, await node.call('chain_getFinalizedHead'), 'the finalised head'));
}

/** The highest block of the node's best chain. */
export async function bestHead(node: NodeRpc): Promise<Head> {
  return headerAt(node, shaped(hash, await node.call('chain_getBlockHash'), 'the best head'));
}

/** Hash of block 0: the name of the chain. */
export async function genesisHash(node: NodeRpc): Promise<string> {
  return shaped(hash, await node.call('chain_getBlockHash', [0]), 'the hash of the first block');
}
