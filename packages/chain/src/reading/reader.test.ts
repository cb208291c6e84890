import assert from 'node:assert/strict';
import test from 'node:test';
import { runtimeViews } from '../extrinsics/runtime-view.ts';
import { finalizedHead } from '../header/header.ts';
import { NodeFault } from '../rpc/fault.ts';
import { type FakeState, fakeState, type MetadataFixture } from '../testing/index.ts';
import { BATCH_LIMITS, type BatchLimits } from './query.ts';
import { type PinnedReader, pinnedReader } from './reader.ts';

const account = (n: number): string => `0x${n.toString(16).padStart(64, '0')}`;

async function readerOf(state: FakeState, limits: Partial<BatchLimits> = {}): Promise<PinnedReader> {
  return pinnedReader(state.node, await finalizedHead(state.node), {
    views: runtimeViews(),
    limits: { ...BATCH_LIMITS, ...limits },
    timeoutMs: () => 1_000,
  });
}

function stakingState(runtime: MetadataFixture = 'westend-1015000', head = 100): FakeState {
  const state = fakeState({ runtime, head });
  state.set('Staking', 'ActiveEra', [[[], { index: 7, start: '1700000000000' }]]);
  state.set('Staking', 'Validators', [[[account(1)], { commission: 50_000_000, blocked: true }]]);
  return state;
}

const isFault = (code: string) => (error: unknown) => error instanceof NodeFault && error.code === code;

test('items of all kinds come in one call: values, empty items, and items that the runtime does not have', async () => {
  const reader = await readerOf(stakingState());
  const [era, validators, force, missing] = await reader.read([
    { pallet: 'Staking', item: 'ActiveEra' },
    { pallet: 'Staking', item: 'Validators', keys: [[account(1)], [account(2)]] },
    { pallet: 'Staking', item: 'ForceEra' },
    { pallet: 'Staking', item: 'PlanningEra' },
  ]);
  assert.deepEqual(era, [{ result: 'value', value: { index: 7, start: 1_700_000_000_000n } }]);
  assert.deepEqual(validators, [
    { result: 'value', value: { commission: 50_000_000, blocked: true } },
    { result: 'empty', fallback: { commission: 0, blocked: false } },
  ]);
  assert.deepEqual(force, [{ result: 'empty', fallback: { type: 'NotForcing', value: null } }]);
  assert.deepEqual(missing, [{ result: 'unknown', why: 'the runtime has no Staking.PlanningEra' }]);
  assert.equal(reader.counts().batched, 1);
  assert.equal(reader.counts().keys, 4);
});

test('an item whose keys have other parts in this runtime is unknown, and the rest is read', async () => {
  const reader = await readerOf(stakingState());
  const [[era] = [], [overview] = []] = await reader.read([
    { pallet: 'Staking', item: 'ActiveEra' },
    { pallet: 'Staking', item: 'ErasStakersOverview', keys: [[7]] },
  ]);
  assert.equal(era?.result, 'value');
  assert.deepEqual(overview, {
    result: 'unknown',
    why: 'Staking.ErasStakersOverview has keys of 2 parts in this runtime',
  });
});

test('bytes of another shape are unknown with the reason, and take nothing else with them', async () => {
  const state = stakingState();
  const reader = await readerOf(state);
  for (const [bytes, why] of [
    ['0x07', 'the bytes end after 1, in the middle of a value'],
    ['0x0700000000ff', '1 bytes follow the value'],
    ['0x0700000002', 'an option is neither 0 nor 1'],
  ] as const) {
    state.setRaw('0x5f3e4907f716ac89b6347d15ececedca487df464e44a534ba6b0cbb32407b587', bytes);
    const [[era] = [], [validator] = []] = await reader.read([
      { pallet: 'Staking', item: 'ActiveEra' },
      { pallet: 'Staking', item: 'Validators', keys: [[account(1)]] },
    ]);
    assert.deepEqual(era, { result: 'unknown', why: `Staking.ActiveEra cannot be read: ${why}` });
    assert.equal(validator?.result, 'value');
  }
});

test('a key that is left out of an answer, or an answer about another block, is not an empty value', async () => {
  const state = stakingState();
  const reader = await readerOf(state);
  const read = () => reader.read([{ pallet: 'Staking', item: 'ActiveEra' }]);
  state.setTrouble((method) =>
    method === 'state_queryStorageAt' ? { answer: [{ block: reader.block.hash, changes: [] }] } : null,
  );
  await assert.rejects(read(), isFault('malformed'));
  state.setTrouble((method, [keys]) =>
    method === 'state_queryStorageAt'
      ? { answer: [{ block: account(5), changes: (keys as string[]).map((key) => [key, null]) }] }
      : null,
  );
  await assert.rejects(read(), isFault('malformed'));
  state.setTrouble((method) => (method === 'state_queryStorageAt' ? { answer: null } : null));
  await assert.rejects(read(), isFault('malformed'));
});

test('keys share calls up to the limits, and an answer that is too large is asked for in halves', async () => {
  const state = stakingState();
  const keys = Array.from({ length: 100 }, (_, n) => [account(n)]);
  const small = await readerOf(state, { requestBytes: 2_000 });
  const [validators = []] = await small.read([{ pallet: 'Staking', item: 'Validators', keys }]);
  assert.equal(validators.length, 100);
  assert.equal(validators[1]?.result, 'value');
  assert.ok(small.counts().batched > 4, String(small.counts().batched));

  const narrow = await readerOf(state);
  state.setTrouble((method, [asked]) => {
    if (method === 'state_queryStorageAt' && (asked as string[]).length > 30)
      throw new NodeFault('refused', 'Response is too big', { rpcCode: -32_008 });
    return null;
  });
  const [halved] = await narrow.read([{ pallet: 'Staking', item: 'Validators', keys }]);
  assert.deepEqual(halved, validators);
  assert.equal(narrow.counts().batched, 7);
});

test('a single key whose value is too large is a fault, not an endless halving', async () => {
  const state = stakingState();
  const reader = await readerOf(state);
  state.setTrouble((method) => {
    if (method === 'state_queryStorageAt') throw new NodeFault('refused', 'Response is too big');
    return null;
  });
  await assert.rejects(reader.read([{ pallet: 'Staking', item: 'ActiveEra' }]), isFault('refused'));
});

test('all keys of an item come page by page, with the parts that were hashed', async () => {
  const state = stakingState();
  state.set(
    'Staking',
    'Validators',
    Array.from({ length: 25 }, (_, n) => [[account(n)], { commission: n, blocked: false }]),
  );
  const reader = await readerOf(state, { keysPerPage: 10 });
  const read = await reader.keys('Staking', 'Validators', [], 100);
  assert.equal(read.result, 'keys');
  const found = read.result === 'keys' ? read.keys.map(([who]) => who).sort() : [];
  assert.deepEqual(
    found,
    Array.from({ length: 25 }, (_, n) => account(n)),
  );
  assert.equal(reader.counts().keyPages, 3);
  const few = await reader.keys('Staking', 'Validators', [], 24);
  assert.deepEqual(few, { result: 'unknown', why: 'Staking.Validators has more than 24 keys' });
  assert.equal((await reader.keys('Staking', 'Nobody', [], 1)).result, 'unknown');
});

test('a node that gives the same page again is not followed for ever', async () => {
  const state = stakingState();
  const reader = await readerOf(state, { keysPerPage: 1 });
  const page = await state.node.call<string[]>('state_getKeysPaged', [
    '0x5f3e4907f716ac89b6347d15ececedca',
    1,
    null,
    reader.block.hash,
  ]);
  state.setTrouble((method) => (method === 'state_getKeysPaged' ? { answer: page } : null));
  await assert.rejects(reader.keys('Staking', 'ActiveEra', [], 10), isFault('malformed'));
});

test('constants are read by their type; one that is not there is unknown', async () => {
  const reader = await readerOf(stakingState('asset-hub-2026'));
  assert.deepEqual(reader.constant('Staking', 'PlanningEraOffset'), { result: 'value', value: 6 });
  assert.deepEqual(reader.constant('Staking', 'MaxEraDuration'), { result: 'value', value: 7_200_000n });
  assert.deepEqual(reader.constant('Staking', 'MaxNominations'), {
    result: 'unknown',
    why: 'the runtime has no constant Staking.MaxNominations',
  });
});

test('state right at a runtime upgrade is read by the metadata of the runtime that wrote it', async () => {
  const state = stakingState('kusama-1000000', 50);
  const ledger = { stash: account(1), total: '10', active: '9', unlocking: [], claimed_rewards: [3, 4] };
  state.set('Staking', 'Ledger', [[[account(1)], ledger]]);
  // The code changed with block 50: its state is still as the old runtime left it.
  state.upgrade(50, 'asset-hub-2026');
  const request = [{ pallet: 'Staking', item: 'Ledger', keys: [[account(1)]] }];
  const at = await readerOf(state);
  assert.equal(at.runtime.specName, 'kusama-1000000');
  const [[before] = []] = await at.read(request);
  assert.deepEqual(before, { result: 'value', value: { ...ledger, total: 10n, active: 9n } });
  // A block later the new runtime reads it, in which a ledger has no claimed eras: unknown, and no crash.
  state.setHead(51);
  const after = await readerOf(state);
  assert.equal(after.runtime.specName, 'asset-hub-2026');
  const [[unread] = []] = await after.read(request);
  assert.deepEqual(unread, {
    result: 'unknown',
    why: 'Staking.Ledger cannot be read: 9 bytes follow the value',
  });
});

test('a runtime API that is not there is unknown; a call is counted', async () => {
  const state = stakingState();
  const reader = await readerOf(state);
  assert.equal((await reader.call('StakingApi_nominations_quota', '0x')).result, 'unknown');
  state.apis.set('StakingApi_nominations_quota', '0x10000000');
  const answer = await reader.call('StakingApi_nominations_quota', '0x');
  assert.deepEqual(answer, { result: 'answer', bytes: Uint8Array.of(16, 0, 0, 0) });
  assert.equal(reader.counts().byMethod.state_call, 3);
});
