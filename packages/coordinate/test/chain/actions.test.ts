// The action `rotate` on a real node: what a group agreed on happens on the chain, in turn. `call`:
// packages/coordinate/test/nodes.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { finalizedHead, hexOf, sessionIndex } from '@watchbill/chain';
import {
  addressOfAccount,
  blockHashAt,
  callValue,
  nextSessionKeys,
  submitExtrinsic,
} from '@watchbill/chain/extrinsics';
import { followExtrinsic } from '@watchbill/chain/testing';
import { devKey, type RunningNode } from '@watchbill/testkit';
import {
  devSigner,
  finalisedHeights,
  folder,
  keyFile,
  signedCall,
  startChain,
  views,
} from '@watchbill/testkit/scenario/chain-setup';
import { agreed, contextOf, executeAll, itemOf, planNow, pluginOf } from './members.ts';

const FOLLOW_MS = 180_000;
const ALICE = devSigner('Alice').publicKey;
const BOB = devSigner('Bob').publicKey;
const STASH = Uint8Array.from(Buffer.from(devKey('Alice').stash, 'hex'));
const address = (account: Uint8Array): string => addressOfAccount(account, 42);

// One member rotates through a proxy, the other one directly.
test('session keys are rotated in turn, in different sessions', async (context) => {
  const chain = await startChain(context);
  const { rpc } = chain;
  const path = folder(context);
  const proxy = callValue('Proxy', 'add_proxy', {
    delegate: address(BOB),
    proxy_type: { type: 'StakingOperator' },
    delay: 0,
  });
  const { signed, nonce, from } = await signedCall(rpc, devSigner('Alice'), [
    'Sudo',
    'sudo_as',
    { who: address(STASH), call: proxy },
  ]);
  assert.equal((await submitExtrinsic(rpc, signed.bytes)).result, 'accepted');
  const added = await followExtrinsic(
    { node: rpc, views, account: ALICE, nonce, from },
    { heights: finalisedHeights(rpc, FOLLOW_MS), until: from + 63n },
  );
  assert.deepEqual(added.result === 'finalised' ? added.landed.dispatch : added, { result: 'ok' });

  const plan = await planNow(rpc, 2);
  const validators = [address(STASH), address(BOB)];
  const item = itemOf('rotate', { validators }, 90n);
  const submitKey = keyFile(path, 'Bob');
  const settings = [
    {
      nodeUrl: chain.wsUrl,
      submitKey,
      keysFile: join(path, 'stash.json'),
      proxyFor: address(STASH),
      proxyType: 'StakingOperator',
    },
    { nodeUrl: chain.wsUrl, submitKey, keysFile: join(path, 'bob.json') },
  ];
  const members = settings.map((each, seat) => contextOf(rpc, plan, item, each, seat));
  const plugin = pluginOf('rotate');
  const value = await agreed(plugin, members);
  const before = await Promise.all([STASH, BOB].map((who) => keysAt(chain, who, plan.window.block)));
  const { receipts } = await executeAll(plugin, members, value);
  assert.deepEqual(
    receipts.map(({ result, text }) => [result, text.replace(/.*: /, '')]),
    [
      ['done', 'the chain has its new keys as its next keys'],
      ['done', 'the chain has its new keys as its next keys'],
    ],
  );
  const heights = receipts.map(({ extrinsic }) => extrinsic?.height ?? 0n);
  const last = BigInt((await finalizedHead(rpc)).number);
  const after = await Promise.all([STASH, BOB].map((who) => keysAt(chain, who, last)));
  for (const [index, keys] of after.entries()) {
    assert.notEqual(keys, before[index]);
    assert.equal(await rpc.call('author_hasSessionKeys', [keys]), true, 'the node holds them');
  }
  const sessions = await Promise.all(heights.map((height) => sessionOf(chain, height)));
  assert.ok((sessions[1] ?? 0) > (sessions[0] ?? 0), `sessions ${sessions.join()}`);
});

async function keysAt({ rpc }: RunningNode, who: Uint8Array, height: bigint): Promise<string | null> {
  const block = (await blockHashAt(rpc, height)) ?? '';
  const { metadata } = await views.at(rpc, block);
  const keys = await nextSessionKeys(rpc, metadata, who, block);
  return keys === null ? null : hexOf(keys);
}

async function sessionOf({ rpc }: RunningNode, height: bigint): Promise<number> {
  return Number((await sessionIndex(rpc, (await blockHashAt(rpc, height)) ?? '')) ?? 0n);
}
