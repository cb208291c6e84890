import assert from 'node:assert/strict';
import { hexOf, type NodeRpc } from '@watchbill/chain';
import {
  accountNonce,
  blockBody,
  blockHashAt,
  decodeCall,
  findExtrinsic,
  heightOfNonce,
  runtimeViews,
} from '@watchbill/chain/extrinsics';
import type { Account } from './accounts.ts';
import type { Asked } from './eras.ts';

const views = runtimeViews();

/** The extrinsics of an account in blocks: nonces and results. */
export async function landings({ node }: Asked, who: Account): Promise<readonly string[]> {
  const best = BigInt((await node.call<{ number: string }>('chain_getHeader')).number);
  const head = await blockHashAt(node, best);
  assert.ok(head !== null);
  const next = await accountNonce(node, who.signer.publicKey, head);
  const found: string[] = [];
  for (let nonce = 0; nonce < next; nonce += 1) {
    const wanted = { account: who.signer.publicKey, nonce };
    const height = await heightOfNonce(node, { ...wanted, from: 1n, to: best });
    const landed = await findExtrinsic({ node, views }, wanted, height ?? 1n, height ?? best);
    assert.ok(landed !== null && landed.dispatch !== null, `nonce ${nonce} is in a block`);
    const { call, dispatch } = landed;
    const result = dispatch.result === 'ok' ? 'ok' : `${dispatch.inner ? 'inner ' : ''}${dispatch.error}`;
    found.push(`${await nameOf(node, landed.block, call)} ${result}`);
  }
  return found;
}

async function nameOf(node: NodeRpc, block: string, call: Uint8Array | null): Promise<string> {
  const { metadata } = await views.at(node, (await blockBody(node, block)).parentHash);
  const read = call === null ? null : decodeCall(metadata, call);
  return read?.result === 'call' ? read.call.calls.join(' > ') : hexOf(call ?? new Uint8Array());
}
