import assert from 'node:assert/strict';
import { finalizedHead, genesisHash, type NodeRpc } from '@watchbill/chain';
import {
  accountNonce,
  addressOfAccount,
  callValue,
  decodeCall,
  encodeCall,
  runtimeViews,
  signedExtrinsic,
  submitExtrinsic,
} from '@watchbill/chain/extrinsics';
import { devSigner } from '@watchbill/testkit/scenario/chain-setup';

const views = runtimeViews();

/**
 * Submits a call as the owner of a stash would, from elsewhere: the development chain lets Alice speak for
 * anybody.
 */
export async function submitAs(rpc: NodeRpc, stash: Uint8Array, callHex: string): Promise<void> {
  const head = await finalizedHead(rpc);
  const view = await views.at(rpc, head.hash);
  const read = decodeCall(view.metadata, Uint8Array.from(Buffer.from(callHex.slice(2), 'hex')));
  assert.ok(read.result === 'call');
  const written = encodeCall(view.metadata, 'Sudo', 'sudo_as', {
    who: addressOfAccount(stash, 42),
    call: callValue(read.call.pallet, read.call.call, read.call.arguments),
  });
  assert.ok(written.result === 'bytes');
  const signer = devSigner('Alice');
  const signed = signedExtrinsic({
    ...view,
    call: written.bytes,
    signer,
    nonce: await accountNonce(rpc, signer.publicKey, head.hash),
    tip: 0n,
    era: { birth: BigInt(head.number), period: 64 },
    birthHash: head.hash,
    genesis: await genesisHash(rpc),
  });
  assert.ok(signed.result === 'signed');
  assert.equal((await submitExtrinsic(rpc, signed.bytes)).result, 'accepted');
}
