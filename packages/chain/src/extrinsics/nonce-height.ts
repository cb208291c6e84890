import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { blockHashAt } from './block.ts';
import { accountNonce } from './nonce.ts';

export interface NonceSearch {
  readonly account: Uint8Array;
  readonly nonce: number;
  readonly from: bigint;
  /** A block in whose state the nonce is used. */
  readonly to: bigint;
  readonly signal?: AbortSignal;
}

/**
 * The first height from `from` on whose state has the nonce used: the block that used it, unless that was
 * before `from`. Reads the states of few blocks, however long the range. Null if the node does not have one
 * of them. Throws a NodeFault.
 */
export async function heightOfNonce(node: NodeRpc, wanted: NonceSearch): Promise<bigint | null> {
  const { account, nonce, from, to, signal } = wanted;
  let [low, high] = [from, to];
  while (low < high) {
    signal?.throwIfAborted();
    const middle = (low + high) / 2n;
    const next = await nonceAt(node, account, middle);
    if (next === null) return null;
    if (next > nonce) high = middle;
    else low = middle + 1n;
  }
  return low;
}

async function nonceAt(node: NodeRpc, account: Uint8Array, height: bigint): Promise<number | null> {
  const block = await blockHashAt(node, height);
  if (block === null) return null;
  try {
    return await accountNonce(node, account, block);
  } catch (error) {
    // Nodes discard the states of old blocks.
    if (error instanceof NodeFault && error.code === 'refused') return null;
    throw error;
  }
}
