// The actions `call` and `rotate` on a real node: what a group agreed on happens on the chain, once.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { finalizedHead, hexOf, sessionIndex } from '@watchbill/chain';
import {
  addressOfAccount,
  blockBody,
  blockHashAt,
  callValue,
  findExtrinsic,
  nextSessionKeys,
  readExtrinsic,
  submitExtrinsic,
} from '@watchbill/chain/extrinsics';
import { followExtrinsic } from '@watchbill/chain/testing';
import { field } from '@watchbill/kit/testing';
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

/** How many extrinsics of an account are in these blocks. */
async function countOf({ rpc }: RunningNode, account: Uint8Array, from: bigint, to: bigint): Promise<number> {
  let count = 0;
  for (let height = from; height <= to; height += 1n) {
    const body = await blockBody(rpc, (await blockHashAt(rpc, height)) ?? '');
    const { metadata } = await views.at(rpc, body.parentHash);
    const authors = body.extrinsics.map((bytes) => readExtrinsic(metadata, bytes)?.author ?? null);
    count += authors.filter((author) => author !== null && hexOf(author.account) === hexOf(account)).length;
  }
  return count;
}

test('what a group agreed on happens on the chain', async (context) => {
  const chain = await startChain(context);
  await context.test('three submitters race with one nonce: the call lands once', (part) =>
    race(part, chain),
  );
  await context.test('session keys are rotated in turn, in different sessions', (part) =>
    rotation(part, chain),
  );
});

async function race(context: TestContext, chain: RunningNode): Promise<void> {
  const path = folder(context);
  const queue = join(path, 'queue');
  mkdirSync(queue);
  const calls = [callValue('System', 'remark_with_event', { remark: '0x6f6e6365' })];
  writeFileSync(
    join(queue, 'pay.json'),
    JSON.stringify({ pallet: 'Utility', call: 'batch_all', args: { calls } }),
  );
  const approvals = join(path, 'approvals');
  mkdirSync(approvals);
  copyFileSync(join(queue, 'pay.json'), join(approvals, 'pay.json'));
  const settings = { queue, submitKey: keyFile(path, 'Alice') };
  const parameters = {
    account: address(ALICE),
    allowed: ['Utility.batch_all', 'System.remark_with_event'],
    maxBytes: 100,
  };
  const plan = await planNow(chain.rpc, 4);
  // With the window, an era of 128 blocks: on a machine that is far too busy many pass before all have
  // agreed.
  const item = itemOf('call', parameters, 124n);
  const watcher = contextOf(chain.rpc, plan, item, { approvals }, 3);
  const members = [0, 1, 2].map((seat) => contextOf(chain.rpc, plan, item, settings, seat));
  const plugin = pluginOf('call');
  const value = await agreed(plugin, [...members, watcher]);
  const idle = await plugin.validate(contextOf(chain.rpc, plan, item, {}, 3), value);
  assert.equal(idle.result === 'refused' ? idle.code : idle.result, 'not-approved');
  const narrow = itemOf('call', { ...parameters, allowed: ['Utility.batch_all'] }, 124n);
  const refused = await plugin.validate({ ...watcher, item: narrow }, value);
  assert.equal(refused.result === 'refused' ? refused.code : refused.result, 'not-allowed');

  const { receipts, notes } = await executeAll(plugin, [...members, watcher], value);
  assert.deepEqual(receipts.map(field('result')), ['done', 'done', 'done', 'done-by-another']);
  assert.equal(notes.filter(({ text }) => /^submitted at height/.test(text)).length, 3, 'all three tried');
  const hashes = new Set(receipts.map(({ extrinsic }) => `${extrinsic?.hash} ${extrinsic?.height}`));
  assert.equal(hashes.size, 1);
  const end = receipts[0]?.extrinsic?.height ?? 0n;
  await chain.untilFinalised(Number(end) + 3);
  assert.equal(await countOf(chain, ALICE, 1n, end + 3n), 1);
  assert.deepEqual(readdirSync(join(queue, 'done')), ['pay.json']);
  const landed = await findExtrinsic(
    { node: chain.rpc, views },
    { hash: receipts[0]?.extrinsic?.hash ?? '' },
    end,
    end,
  );
  assert.deepEqual(landed?.dispatch, { result: 'ok' });
}

/** One member through a proxy, the other one directly. */
async function rotation(context: TestContext, chain: RunningNode): Promise<void> {
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
}

async function keysAt({ rpc }: RunningNode, who: Uint8Array, height: bigint): Promise<string | null> {
  const block = (await blockHashAt(rpc, height)) ?? '';
  const { metadata } = await views.at(rpc, block);
  const keys = await nextSessionKeys(rpc, metadata, who, block);
  return keys === null ? null : hexOf(keys);
}

async function sessionOf({ rpc }: RunningNode, height: bigint): Promise<number> {
  return Number((await sessionIndex(rpc, (await blockHashAt(rpc, height)) ?? '')) ?? 0n);
}
