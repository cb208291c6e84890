import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodeFault } from '../rpc/fault.ts';
import { storageKey } from '../scale/storage-key.ts';
import { accountOfText, addressOfAccount } from './account.ts';
import { dispatchResult } from './dispatch.ts';
import { hasPallet, numberConstant, readMetadata } from './metadata.ts';
import { accountNonce } from './nonce.ts';
import { runtimeViews } from './runtime-view.ts';
import { holdsSessionKeys, makeSessionKeys, nextSessionKeys } from './session-keys.ts';
import { isStash } from './stash.ts';
import { readStorage } from './storage.ts';
import { submitExtrinsic } from './submit.ts';
import { blockHash, type FakeAnswers, fakeRpc, littleEndian, runtimeAnswers } from './testing/fake-rpc.ts';
import { ALICE, DEVNET, METADATA_BYTES } from './testing/metadata.ts';

const BLOCK = blockHash(1);
const ACCOUNT = accountOfText(ALICE) ?? new Uint8Array();
const isMalformed = (error: unknown): boolean => error instanceof NodeFault && error.code === 'malformed';

test('metadata: what extrinsics need is there, and bytes that are none are malformed', () => {
  assert.equal(DEVNET.ss58Prefix, 42);
  assert.equal(numberConstant(DEVNET, 'System', 'BlockHashCount'), 4096n);
  assert.equal(numberConstant(DEVNET, 'System', 'Nothing'), null);
  assert.deepEqual([hasPallet(DEVNET, 'Proxy'), hasPallet(DEVNET, 'Staking')], [true, false]);
  assert.throws(() => readMetadata(METADATA_BYTES.subarray(0, 5_000)), isMalformed);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.throws(() => readMetadata(bytes), isMalformed);
    }),
  );
});

test('the runtime of a block: its metadata is asked for once per code, and anew after a fault', async () => {
  let code = 1;
  let isDown = false;
  const answers = runtimeAnswers();
  const node = fakeRpc({
    ...answers,
    state_getStorageHash: () => blockHash(code),
    state_call: (params) => {
      if (isDown) throw new NodeFault('timeout', 'no answer');
      return answers.state_call?.(params);
    },
  });
  const asks = (): number => node.asked.filter((method) => method === 'state_call').length;
  const views = runtimeViews();
  const [first, second] = await Promise.all([views.at(node, BLOCK), views.at(node, blockHash(2))]);
  assert.equal(first.metadata, second.metadata);
  assert.deepEqual([asks(), first.specVersion], [1, 1]);
  code = 2;
  isDown = true;
  await assert.rejects(views.at(node, BLOCK), { code: 'timeout' });
  isDown = false;
  await views.at(node, BLOCK);
  assert.equal(asks(), 3);
  const other = fakeRpc({ ...answers, state_getStorageHash: () => blockHash(code) }, 'another node');
  await views.at(other, BLOCK);
  assert.ok(other.asked.includes('state_call'), 'a node answers for itself alone');
  for (code = 3; code < 9; code += 1) await views.at(node, BLOCK);
  code = 2;
  const before = asks();
  await views.at(node, BLOCK);
  assert.equal(asks(), before + 1, 'few are kept');
});

test('runtimes without version 15 or without versions; a node that does not tell the hash of the code', async () => {
  const answers = runtimeAnswers();
  const old = fakeRpc({
    ...answers,
    state_call: ([api, argument]) => {
      if (api === 'Metadata_metadata')
        return String(answers.state_call?.(['Metadata_metadata_at_version', '0x0f000000'])).replace(
          '0x01',
          '0x',
        );
      if (argument === '0x0f000000') return '0x00';
      throw new NodeFault('refused', 'no such runtime call');
    },
  });
  assert.equal((await runtimeViews().at(old, BLOCK)).metadata.callType, DEVNET.callType);
  const { state_getStorageHash: _, ...untold } = answers;
  const node = fakeRpc(untold);
  const views = runtimeViews();
  await views.at(node, BLOCK);
  await views.at(node, BLOCK);
  assert.equal(node.asked.filter((method) => method === 'state_call').length, 2);
  const lying = fakeRpc({ ...answers, state_getRuntimeVersion: () => ({ specName: 1 }) });
  await assert.rejects(runtimeViews().at(lying, BLOCK), isMalformed);
  const cut = fakeRpc({ ...answers, state_call: () => '0x01fdff6d657461' });
  await assert.rejects(runtimeViews().at(cut, BLOCK), isMalformed);
});

test('storage by metadata: a map, a value, nothing, no such item, and what cannot be read', async () => {
  const account = `01000000020000000000000000000000${'05'.padEnd(32, '0')}${'0'.repeat(96)}`;
  const stored = new Map([
    // Blake2_128Concat of the account, as every explorer shows it for //Alice.
    [
      `${storageKey('System', 'Account')}de1e86a9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d`,
      `0x${account}`,
    ],
    [storageKey('System', 'Number'), '0x2a000000'],
    [storageKey('System', 'EventCount'), '0x2a'],
  ]);
  const node = fakeRpc({ state_getStorage: ([key]) => stored.get(String(key)) ?? null });
  const read = (pallet: string, item: string, ...keys: string[]) =>
    readStorage(node, DEVNET, [pallet, item], keys, BLOCK);
  assert.deepEqual(await read('System', 'Number'), { result: 'value', value: 42 });
  const found = await read('System', 'Account', ALICE);
  assert.deepEqual(found.result === 'value' ? found.value : found, {
    nonce: 1,
    consumers: 2,
    providers: 0,
    sufficients: 0,
    data: { free: '5', reserved: '0', frozen: '0', flags: '0' },
  });
  assert.deepEqual(await read('System', 'Account', addressOfAccount(new Uint8Array(32), 42)), {
    result: 'empty',
  });
  assert.deepEqual(await read('System', 'Nothing'), { result: 'no-such-item' });
  assert.deepEqual(await read('Nothing', 'Number'), { result: 'no-such-item' });
  await assert.rejects(read('System', 'EventCount'), isMalformed);
  await assert.rejects(read('System', 'Account'), RangeError);
  await assert.rejects(read('System', 'Account', 'nobody'), RangeError);
});

test('nonces of 32 and of 64 bits; others are malformed', async () => {
  const nonceOf = (answer: string): Promise<number> =>
    accountNonce(fakeRpc({ state_call: () => answer }), ACCOUNT, BLOCK);
  assert.equal(await nonceOf(littleEndian(7)), 7);
  assert.equal(await nonceOf('0x0700000000000000'), 7);
  for (const wrong of ['0x07', '0x', '0xffffffffffffffff']) await assert.rejects(nonceOf(wrong), isMalformed);
});

test('what a node says to an extrinsic', async () => {
  const said = async (answer: FakeAnswers[string]): Promise<string> =>
    (await submitExtrinsic(fakeRpc({ author_submitExtrinsic: answer }), Uint8Array.of(1))).result;
  const refuse = (rpcCode: number) => () => {
    throw new NodeFault('refused', 'no', { rpcCode });
  };
  assert.equal(await said(() => BLOCK), 'accepted');
  assert.equal(await said(refuse(1010)), 'refused');
  assert.equal(await said(refuse(1012)), 'known');
  assert.equal(await said(refuse(1013)), 'known');
  assert.equal(await said(refuse(1014)), 'occupied');
  // A gateway whose node gave no answer, and a proxy that answered with a status of HTTP.
  assert.equal(await said(refuse(-32_105)), 'unknown');
  const timedOut = () => {
    throw new NodeFault('refused', 'the node answered with HTTP status 504');
  };
  assert.equal(await said(timedOut), 'unknown');
  const lost = await submitExtrinsic(
    fakeRpc({
      author_submitExtrinsic: () => {
        throw new NodeFault('lost', 'gone');
      },
    }),
    Uint8Array.of(1),
  );
  assert.equal(lost.result, 'unknown');
});

test('how an extrinsic went, and what went wrong inside one that was fine', () => {
  const event = (pallet: string, type: string, value: object, index = 1) => ({
    phase: { type: 'ApplyExtrinsic', value: index },
    event: { type: pallet, value: { type, value } },
    topics: [],
  });
  const module = { type: 'Module', value: { type: 'Session', value: { type: 'InvalidProof' } } };
  const success = event('System', 'ExtrinsicSuccess', {});
  const other = event('System', 'ExtrinsicFailed', { dispatch_error: module }, 0);
  assert.deepEqual(dispatchResult([other, success] as never, 1), { result: 'ok' });
  assert.equal(dispatchResult([other] as never, 1), null);
  assert.equal(dispatchResult(7, 1), null);
  const failed = event('System', 'ExtrinsicFailed', { dispatch_error: module });
  assert.deepEqual(dispatchResult([failed] as never, 1), {
    result: 'failed',
    error: 'Session.InvalidProof',
    inner: false,
  });
  const token = { type: 'Token', value: { type: 'FundsUnavailable' } };
  const inside = [
    event('Proxy', 'ProxyExecuted', { result: { success: false, value: token } }),
    event('Utility', 'BatchInterrupted', { index: 1, error: token }),
    event('Sudo', 'Sudid', { sudo_result: { success: false, value: token } }),
  ];
  for (const each of inside)
    assert.deepEqual(dispatchResult([each, success] as never, 1), {
      result: 'failed',
      error: 'Token.FundsUnavailable',
      inner: true,
    });
  const good = event('Proxy', 'ProxyExecuted', { result: { success: true, value: null } });
  assert.deepEqual(dispatchResult([good, success] as never, 1), { result: 'ok' });
  const odd = event('System', 'ExtrinsicFailed', { dispatch_error: 5 });
  assert.match(JSON.stringify(dispatchResult([odd] as never, 1)), /cannot be read/);
});

test('session keys: made with their owner where the node can, plainly where it cannot', async () => {
  const modern = fakeRpc({
    author_rotateKeysWithOwner: ([owner]) => ({ keys: '0x0102', proof: String(owner).slice(0, 6) }),
  });
  assert.deepEqual(await makeSessionKeys(modern, ACCOUNT), {
    keys: Uint8Array.of(1, 2),
    proof: Uint8Array.of(0xd4, 0x35),
  });
  const older = fakeRpc({ author_rotateKeys: () => '0x0102', author_hasSessionKeys: () => true });
  assert.deepEqual(await makeSessionKeys(older, ACCOUNT), {
    keys: Uint8Array.of(1, 2),
    proof: new Uint8Array(),
  });
  assert.equal(await holdsSessionKeys(older, Uint8Array.of(1)), true);
  const unsafe = fakeRpc({
    author_rotateKeysWithOwner: () => {
      throw new NodeFault('refused', 'RPC call is unsafe to be called externally', { rpcCode: -32000 });
    },
  });
  await assert.rejects(makeSessionKeys(unsafe, ACCOUNT), { code: 'refused' });
  await assert.rejects(holdsSessionKeys(fakeRpc({ author_hasSessionKeys: () => 1 }), ACCOUNT), isMalformed);
  const none = fakeRpc({ state_getStorage: () => null });
  assert.equal(await nextSessionKeys(none, DEVNET, ACCOUNT, BLOCK), null);
  assert.equal(await isStash(none, DEVNET, ACCOUNT, BLOCK), false);
});

test('accounts in texts', () => {
  assert.equal(addressOfAccount(ACCOUNT, 42), ALICE);
  assert.deepEqual(accountOfText(addressOfAccount(ACCOUNT, 2)), ACCOUNT);
  for (const text of ['', '0x', '0x01', ALICE.slice(1), `0x${'00'.repeat(33)}`])
    assert.equal(accountOfText(text), null);
  assert.throws(() => addressOfAccount(new Uint8Array(20), 42), RangeError);
});
