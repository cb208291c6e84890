// Calls and extrinsics on a real runtime, through the RPC of a real node with real finality.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finalizedHead } from '@watchbill/chain';
import {
  accountNonce,
  addressOfAccount,
  decodeCall,
  encodeCall,
  findExtrinsic,
  isStash,
  readStorage,
  submitExtrinsic,
} from '@watchbill/chain/extrinsics';
import { followExtrinsic } from '@watchbill/chain/testing';
import {
  devSigner,
  finalisedHeights,
  signedCall,
  startChain,
  views,
} from '@watchbill/testkit/scenario/chain-setup';

const FOLLOW_MS = 180_000;

test('calls of a real runtime: encoded, landed, followed to finality, and their errors read', async (context) => {
  const { rpc: node } = await startChain(context);
  const alice = devSigner('Alice');
  const bob = addressOfAccount(devSigner('Bob').publicKey, 42);
  const head = await finalizedHead(node);
  const { metadata } = await views.at(node, head.hash);

  const transfer = { dest: bob, value: '2500000000000' };
  const written = encodeCall(metadata, 'Balances', 'transfer_keep_alive', transfer);
  assert.ok(written.result === 'bytes');
  const read = decodeCall(metadata, written.bytes);
  assert.ok(read.result === 'call');
  assert.deepEqual(read.call.calls, ['Balances.transfer_keep_alive']);
  assert.deepEqual(read.call.arguments, { ...transfer, dest: { type: 'Id', value: bob } });
  assert.equal(await isStash(node, metadata, alice.publicKey, head.hash), false, 'there is no staking here');

  const freeOf = async (): Promise<bigint> => {
    const at = (await finalizedHead(node)).hash;
    const account = await readStorage(node, metadata, ['System', 'Account'], [bob], at);
    assert.ok(account.result === 'value');
    return BigInt((account.value as { data: { free: string } }).data.free);
  };
  const before = await freeOf();
  const { signed, nonce, from } = await signedCall(node, alice, [
    'Balances',
    'transfer_keep_alive',
    transfer,
  ]);
  assert.deepEqual(await submitExtrinsic(node, signed.bytes), { result: 'accepted' });
  assert.deepEqual(await submitExtrinsic(node, signed.bytes), { result: 'known' });
  const followed = { node, views, account: alice.publicKey, nonce, from };
  const end = await followExtrinsic(followed, {
    heights: finalisedHeights(node, FOLLOW_MS),
    until: from + 63n,
  });
  assert.ok(end.result === 'finalised', end.result);
  assert.deepEqual([end.landed.hash, end.landed.dispatch], [signed.hash, { result: 'ok' }]);
  assert.deepEqual(end.landed.call, written.bytes);
  assert.equal(await freeOf(), before + 2_500_000_000_000n);
  const after = (await finalizedHead(node)).hash;
  assert.equal(await accountNonce(node, alice.publicKey, after), nonce + 1);
  const byHash = await findExtrinsic({ node, views }, { hash: signed.hash }, from, from + 63n);
  assert.equal(byHash?.height, end.landed.height);
  assert.equal((await submitExtrinsic(node, signed.bytes)).result === 'accepted', false);

  const failing = [
    ['Session', 'purge_keys', null],
    ['Sudo', 'sudo_as', { who: bob, call: { type: 'Session', value: { type: 'purge_keys' } } }],
  ] as const;
  const errors: unknown[] = [];
  for (const each of failing) {
    const next = await signedCall(node, alice, each);
    assert.equal((await submitExtrinsic(node, next.signed.bytes)).result, 'accepted');
    const options = { heights: finalisedHeights(node, FOLLOW_MS), until: next.from + 63n };
    const result = await followExtrinsic({ ...followed, nonce: next.nonce, from: next.from }, options);
    assert.ok(result.result === 'finalised');
    errors.push(result.landed.dispatch);
  }
  assert.deepEqual(errors, [
    { result: 'failed', error: 'Session.NoKeys', inner: false },
    { result: 'failed', error: 'Session.NoKeys', inner: true },
  ]);
});
