import { isRefusedByNode } from '../rpc/fault.ts';
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
 * before `from`. Reads the states of few blocks, however long the range. Nodes discard old states, so a state
 * that is missing counts as an older one. Null if the node does not have the state before that block: then an
 * earlier block may have used the nonce. Throws a NodeFault.
 */
export async function heightOfNonce(node: NodeRpc, wanted: NonceSearch): Promise<bigint | null> {
  const { account, nonce, from, to, signal } = wanted;
  let [low, high] = [from, to];
  let missing = from - 1n;
  while (low < high) {
    signal?.throwIfAborted();
    const middle = (low + high) / 2n;
    const next = await nonceAt(node, account, middle);
    if (next === null) missing = middle;
    if (next !== null && next > nonce) high = middle;
    else low = middle + 1n;
  }
  return missing >= from && missing + 1n === low ? null : low;
}

async function nonceAt(node: NodeRpc, account: Uint8Array, height: bigint): Promise<number | null> {
  const block = await blockHashAt(node, height);
  if (block === null) return null;
  try {
    return await accountNonce(node, account, block);
  } catch (error) {
    if (isRefusedByNode(error)) return null;
    throw error;
  }
}
