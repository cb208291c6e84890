import { isRefusedByNode } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { hexOf } from '../scale/hex.ts';

/** A node's answer to an extrinsic. No answer proves that it is in the chain, or that it will be. */
export type Submission =
  | { readonly result: 'accepted' }
  /** Its pool has exactly this extrinsic, or had it a moment ago. */
  | { readonly result: 'known' }
  /** Its pool has another one of this account and nonce. */
  | { readonly result: 'occupied'; readonly detail: string }
  /**
   * The extrinsic cannot be included now: the nonce is used, the era is over, or the account has too little
   * money.
   */
  | { readonly result: 'refused'; readonly detail: string }
  /** No answer: it may have arrived. */
  | { readonly result: 'unknown'; readonly detail: string };

/** Codes of the `author` RPC of Substrate (sc-rpc-api, `author::error`). */
const TEMPORARILY_BANNED = 1012;
const ALREADY_IMPORTED = 1013;
const TOO_LOW_PRIORITY = 1014;
/** `GATEWAY_ERRORS.unknown` of a Watchbill gateway: its node gave no answer, and may have it. */
const GATEWAY_UNKNOWN = -32_105;

/** Sends an extrinsic to a node. Never throws. */
export async function submitExtrinsic(node: NodeRpc, bytes: Uint8Array): Promise<Submission> {
  try {
    await node.call('author_submitExtrinsic', [hexOf(bytes)]);
    return { result: 'accepted' };
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'an error without text';
    if (!isRefusedByNode(error) || error.rpcCode === GATEWAY_UNKNOWN) return { result: 'unknown', detail };
    if (error.rpcCode === ALREADY_IMPORTED || error.rpcCode === TEMPORARILY_BANNED)
      return { result: 'known' };
    return { result: error.rpcCode === TOO_LOW_PRIORITY ? 'occupied' : 'refused', detail };
  }
}
