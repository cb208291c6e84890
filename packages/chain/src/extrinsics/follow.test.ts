import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeFault } from '../rpc/fault.ts';
import { encodeCall } from './call.ts';
import { findExtrinsic } from './find.ts';
import { extrinsicSearch } from './follow.ts';
import { blake2Hash } from './hash.ts';
import { runtimeViews } from './runtime-view.ts';
import { signedExtrinsic } from './signed.ts';
import { blockHash, chainAnswers, type FakeAnswers, fakeRpc, runtimeAnswers } from './testing/fake-rpc.ts';
import { DEVNET } from './testing/metadata.ts';

const ACCOUNT = new Uint8Array(32).fill(7);
const SUCCESS = '0x04000000000000000000000000';

function signed(nonce: number, account = ACCOUNT): Uint8Array {
  const call = encodeCall(DEVNET, 'System', 'remark', { remark: '0x01' });
  assert.ok(call.result === 'bytes');
  const extrinsic = signedExtrinsic({
    metadata: DEVNET,
    call: call.bytes,
    signer: { scheme: 'ed25519', publicKey: account, sign: () => new Uint8Array(64) },
    nonce,
    tip: 0n,
    era: { birth: 1n, period: 64 },
    birthHash: blockHash(1),
    genesis: blockHash(0),
    specVersion: 1,
    transactionVersion: 1,
  });
  assert.ok(extrinsic.result === 'signed');
  return extrinsic.bytes;
}

const WANTED = signed(3);
/** The wanted one is in block 20, among others. */
const at20 = (height: number): readonly Uint8Array[] =>
  height === 20
    ? [
        Uint8Array.of(8, 4, 9),
        Uint8Array.of(3),
        signed(
          3,
          ACCOUNT.map(() => 8),
        ),
        WANTED,
      ]
    : [signed(2)];

function ground(best: number, more: FakeAnswers = {}, isStateKept = true) {
  const nonceAt = (block: string): number => {
    if (!isStateKept) throw new NodeFault('refused', 'State already discarded', { rpcCode: 4003 });
    return Number(BigInt(block)) >= 20 ? 4 : 3;
  };
  const node = fakeRpc({
    ...runtimeAnswers(nonceAt),
    ...chainAnswers(best, at20),
    state_getStorage: () => null,
    ...more,
  });
  return { node, views: runtimeViews(), account: ACCOUNT, nonce: 3, from: 10n };
}

test('an extrinsic is found by account and nonce, or by its hash, and nowhere else', async () => {
  const at = ground(30);
  for (const wanted of [{ account: ACCOUNT, nonce: 3 }, { hash: blake2Hash(WANTED) }]) {
    const found = await findExtrinsic(at, wanted, 10n, 30n);
    assert.deepEqual([found?.height, found?.index, found?.block], [20n, 3, blockHash(20)]);
    assert.equal(found?.hash, blake2Hash(WANTED));
    assert.equal(found?.dispatch, null, 'the state of the block is gone');
    assert.equal(await findExtrinsic(at, wanted, 10n, 19n), null);
    assert.equal(await findExtrinsic(at, wanted, 21n, 30n), null);
  }
  assert.equal(
    await findExtrinsic(at, { hash: blockHash(5) }, 25n, 90n),
    null,
    'above the best block there is nothing',
  );
  const abort = AbortSignal.abort(new Error('enough'));
  await assert.rejects(findExtrinsic({ ...at, signal: abort }, { hash: blockHash(5) }, 1n, 30n), /enough/);
});

test('a free nonce saves reading blocks; a used one is looked for; what is not to be seen is said', async () => {
  const at = ground(30);
  const search = extrinsicSearch(at);
  assert.deepEqual(await search.upTo(15n), { result: 'not-found', until: 15n });
  assert.ok(!at.node.asked.includes('chain_getBlock'), 'no block was read');
  assert.deepEqual(await search.upTo(12n), { result: 'not-found', until: 15n });
  const found = await search.upTo(24n);
  assert.equal(found.result === 'finalised' ? found.landed.height : null, 20n);
  const bodies = at.node.asked.filter((method) => method === 'chain_getBlock').length;
  assert.equal(bodies, 5, 'blocks 16 to 20');
  const hidden = extrinsicSearch({
    ...ground(
      30,
      chainAnswers(30, () => [Uint8Array.of(4, 0x45)]),
    ),
  });
  assert.deepEqual(await hidden.upTo(24n), { result: 'unseen', until: 24n });
});

test('a node that is behind leaves blocks to look at', async () => {
  const behind = { best: 14 };
  const lagging = fakeRpc({
    ...runtimeAnswers((block) => (Number(BigInt(block)) >= 20 ? 4 : 3)),
    ...chainAnswers(30, at20),
    chain_getBlockHash: ([height]) => (Number(height) <= behind.best ? blockHash(Number(height)) : null),
    state_getStorage: () => null,
  });
  const search = extrinsicSearch({ ...ground(30), node: lagging });
  assert.deepEqual(await search.upTo(24n), { result: 'not-found', until: 9n });
  assert.deepEqual(await search.upTo(14n), { result: 'not-found', until: 14n });
  behind.best = 30;
  const found = await search.upTo(24n);
  assert.equal(found.result === 'finalised' ? found.landed.height : null, 20n);
});

test('without the state of old blocks it reads them all', async () => {
  const at = ground(30, {}, false);
  const found = await extrinsicSearch(at).upTo(30n);
  assert.equal(found.result === 'finalised' ? found.landed.height : null, 20n);
  const none = await extrinsicSearch({ ...at, from: 21n }).upTo(30n);
  assert.deepEqual(none, { result: 'not-found', until: 30n });
});

test('its result is read from the events of its block', async () => {
  const at = ground(22, { state_getStorage: () => SUCCESS.replace('0400000000', '0400030000') });
  const found = await findExtrinsic(at, { account: ACCOUNT, nonce: 3 }, 10n, 22n);
  assert.deepEqual([found?.height, found?.dispatch], [20n, { result: 'ok' }]);
});
