import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import { createLedgerChanges } from '../admin/ledger-changes.ts';
import { PermitFault } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import { encodePolicy, encodeRecord } from '../ground/records.ts';
import { startCore, untilOpen } from '../testing/core.ts';
import {
  adoptOther,
  CHAIN,
  fakeSeen,
  KEY,
  memoryStore,
  policyDocument,
  put,
  refusal,
  silentLog,
  startAdopted,
  startServing,
} from '../testing/services.ts';
import { START_MS } from '../testing/world.ts';
import { createFreezer } from './freeze.ts';

const OTHER = `0x${'cd'.repeat(32)}`;
const REQUEST = { key: KEY, reason: 'a copy is missing' };

/** A service whose store answers every change of a policy like this, from `arm` on. */
async function answering(context: TestContext, answer: (asked: Transaction) => TransactionResult) {
  let armed = false;
  let asked = 0;
  const store = fakeSeen(memoryStore(context), (transaction) => {
    if (!armed || !transaction.writes.some(({ key }) => key.endsWith('/current'))) return undefined;
    asked += 1;
    return Promise.resolve(answer(transaction));
  });
  const { permit } = await startAdopted(context, {}, { store });
  armed = true;
  const code = await permit.freeze(REQUEST, 'ada').then(
    () => 'frozen',
    (error: unknown) => (error instanceof PermitFault ? error.code : String(error)),
  );
  return { code, asked };
}

test('a policy that changes again and again is read eight times, then the freeze is refused', async (context) => {
  const changed = ({ compares }: Transaction): TransactionResult => ({
    outcome: 'conflict',
    current: compares.map(({ value }) => value),
  });
  assert.deepEqual(await answering(context, changed), { code: 'changed', asked: 8 });
});

test('a freeze that may have been written is not written again', async (context) => {
  const ambiguous = (): TransactionResult => ({
    outcome: 'ambiguous',
    cause: new StoreFault('unavailable', 'no answer', 'nothing'),
  });
  assert.deepEqual(await answering(context, ambiguous), { code: 'store-unavailable', asked: 1 });
});

test('a freeze and its lift are logged, with who and why', async (context) => {
  const logged: Record<string, unknown>[] = [];
  const note = (event: Record<string, unknown>) => void logged.push(event);
  const { permit } = await startAdopted(
    context,
    {},
    { parts: { log: { ...silentLog, error: note, warn: note } } },
  );
  logged.length = 0;
  await permit.freeze(REQUEST, 'ada');
  await permit.liftFreeze({ key: KEY, reason: 'it is destroyed' }, 'bob');
  const name = { chain: CHAIN, key: KEY };
  assert.deepEqual(logged, [
    { event: 'key-frozen', ...name, cause: 'operator', by: 'ada', reason: 'a copy is missing' },
    { event: 'freeze-lifted', ...name, by: 'bob', reason: 'it is destroyed' },
  ]);
  await assert.rejects(permit.liftFreeze({ key: KEY, reason: 'again' }, 'bob'), { code: 'not-frozen' });
  assert.equal(logged.length, 2, 'the freezer lifted no freeze');
});

test('a key without a policy is not frozen', async (context) => {
  const { modules } = await startCore(context);
  await untilOpen(context, modules);
  const freezer = createFreezer(modules, createLedgerChanges(modules));
  const cause = { cause: 'operator', by: 'ada', reason: 'a copy is missing', evidence: null } as const;
  assert.equal(await freezer.freezeKey({ chain: CHAIN, key: OTHER }, cause), null);
  assert.equal((await freezer.freezeKey({ chain: CHAIN, key: KEY }, cause))?.mode, 'frozen');
});

describe('a lift', () => {
  const lift = { key: KEY, reason: 'it is destroyed' };

  test('notes who, why and when, and the last round that may have been voted in', async (context) => {
    const { permit } = await startAdopted(context);
    await permit.freeze(REQUEST, 'ada');
    const [first] = await permit.liftFreeze(lift, 'bob');
    const { atMs = 0, ...lifted } = first?.freeze?.lifted ?? {};
    assert.ok(atMs >= START_MS);
    assert.deepEqual(lifted, { by: 'bob', reason: 'it is destroyed' }, 'no observer has reported');
    await permit.observe({ chain: CHAIN, setId: '3', round: '5' }, 'watcher');
    await permit.freeze(REQUEST, 'ada');
    const [second] = await permit.liftFreeze(lift, 'bob');
    assert.equal(second?.freeze?.lifted?.round, '3/21', 'a step above the round that was seen');
  });

  test('of a policy that does not name its freeze enforces', async (context) => {
    const { permit, store } = await startAdopted(context);
    await permit.freeze(REQUEST, 'ada');
    const [held] = await permit.policies();
    const { freeze: _freeze, ...rest } = held ?? assert.fail();
    const old = { ...rest, versionId: 'ab'.repeat(16), version: rest.version + 1 };
    await put(store, keys.policyVersion(CHAIN, KEY, old.versionId), encodePolicy(old, 'ada', 1));
    const { versionId, version } = old;
    await put(store, keys.policyPointer(CHAIN, KEY), encodeRecord('policyPointer', { versionId, version }));
    const [lifted] = await permit.liftFreeze(lift, 'bob');
    assert.deepEqual([lifted?.mode, lifted?.freeze, lifted?.version], ['enforce', undefined, version + 1]);
  });

  test('gives the keys that were frozen, and leaves the others', async (context) => {
    const { permit } = await startAdopted(context);
    await adoptOther(permit, ['a'], OTHER);
    await permit.freeze({ key: OTHER, reason: 'x' }, 'ada');
    const lifted = await permit.liftFreeze({ key: 'all', reason: 'y' }, 'bob');
    assert.deepEqual(
      lifted.map(({ key, mode }) => [key, mode]),
      [[OTHER, 'enforce']],
    );
  });
});

test('a request that names a chain is about the keys of that chain alone', async (context) => {
  const { permit } = await startAdopted(context);
  const elsewhere = `0x${'c2'.repeat(32)}`;
  await permit.applyPolicy(policyDocument({ chain: elsewhere, key: OTHER }), 'test');
  const frozen = await permit.freeze({ chain: elsewhere, key: 'all', reason: 'x' }, 'ada');
  assert.deepEqual(
    frozen.map(({ chain, key }) => [chain, key]),
    [[elsewhere, OTHER]],
  );
  assert.equal((await permit.policies()).find(({ key }) => key === KEY)?.mode, 'enforce');
});

test('a refusal says which keys, and what to look at', async (context) => {
  const { permit } = await startServing(context);
  const none = 'no key has a policy yet; apply one first: `watchbill policy apply FILE`';
  assert.equal(
    await refusal(permit.freeze({ key: 'all', reason: 'x' }, 'ada')),
    `404 key-unknown: there is no key | ${none}`,
  );
  assert.equal(
    await refusal(permit.freeze({ key: KEY, reason: 'x' }, 'ada')),
    `404 key-unknown: no key is named or ends with ${KEY} | ${none}`,
  );
  await permit.applyPolicy(policyDocument(), 'test');
  const status = 'Run `watchbill status` to see the mode of each key.';
  assert.equal(
    await refusal(permit.liftFreeze({ key: KEY, reason: 'x' }, 'ada')),
    `409 not-frozen: the key is not frozen | ${status}`,
  );
  assert.equal(
    await refusal(permit.liftFreeze({ key: 'all', reason: 'x' }, 'ada')),
    `409 not-frozen: no key of this ledger is frozen | ${status}`,
  );
});
