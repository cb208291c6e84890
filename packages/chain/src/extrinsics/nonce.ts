import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { littleEndian } from '../scale/number-bytes.ts';

/**
 * How many extrinsics of an account are in the chain up to a block, by the runtime itself: the nonce of its
 * next one. Extrinsics in the node's pool do not count. Throws a NodeFault.
 */
export async function accountNonce(node: NodeRpc, account: Uint8Array, block: string): Promise<number> {
  const answer = await node.call('state_call', ['AccountNonceApi_account_nonce', hexOf(account), block]);
  const bytes = bytesOfHex(answer, 'the nonce of an account');
  // 32 bits on most chains, 64 on some.
  const nonce = bytes.length === 4 || bytes.length === 8 ? Number(littleEndian(bytes)) : Number.NaN;
  if (!Number.isSafeInteger(nonce))
    throw new NodeFault('malformed', 'the nonce of an account cannot be read');
  return nonce;
}
