import assert from 'node:assert/strict';
import test, { describe, type TestContext } from 'node:test';
import { DUTIES } from '../../rule/index.ts';
import { StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import { createLedgerChanges } from '../admin/ledger-changes.ts';
import { PermitFault } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import { encodePolicy, encodeRecord } from '../ground/records.ts';
import { startCore, untilOpen } from '../testing/core.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  fakeDeaf,
  fakeSeen,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  put,
  seal,
  silentLog,
  startAdopted,
  startPair,
  startService,
  untilServing,
} from '../testing/services.ts';
import { until } from '../testing/world.ts';
import { createFreezer } from './freeze.ts';

const OTHER = `0x${'cd'.repeat(32)}`;

test('a freeze outlives a new policy, an adoption and a restart; a person lifts it', async (context) => {
  const { permit, store, disk, stop } = await startAdopted(context);
  await permit.freeze({ key: KEY, reason: 'first' }, 'ada');
  await permit.freeze({ key: KEY, reason: 'second' }, 'bob');
  const applied = await permit.applyPolicy(policyDocument({ standbyDelayMs: 70 }), 'ada');
  assert.equal(applied.mode, 'frozen');
  await permit.adopt({ chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'again' }, 'ada');
  await stop();
  const later = await startService(context, { store, disk });
  await untilServing(context, later.permit);
  assert.equal(await ask(later.permit, 'a', { unit: '3' }), 'denied:key-frozen');
  const [held] = await later.permit.policies();
  assert.deepEqual([held?.freeze?.reason, held?.freeze?.by, held?.standbyDelayMs], ['first', 'ada', 70]);
  const [lifted] = await later.permit.liftFreeze({ key: KEY, reason: 'the copy is destroyed' }, 'bob');
  assert.equal(lifted?.mode, 'enforce');
  assert.deepEqual(
    [lifted?.freeze?.by, lifted?.freeze?.lifted?.by, lifted?.freeze?.lifted?.reason],
    ['ada', 'bob', 'the copy is destroyed'],
  );
  assert.equal(await ask(later.permit, 'a', { unit: '3' }), 'granted:new');
});

test('an adoption of a frozen key that was idle grants after the lift only', async (context) => {
  const { permit } = await startService(context);
  await untilServing(context, permit);
  await permit.applyPolicy(policyDocument(), 'ada');
  await permit.freeze({ key: 'all', reason: 'not yet' }, 'ada');
  assert.equal(await ask(permit, 'a'), 'denied:not-adopted');
  await permit.adopt({ chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'new' }, 'ada');
  assert.equal(await ask(permit, 'a'), 'denied:key-frozen');
  await permit.liftFreeze({ key: 'all', reason: 'now' }, 'ada');
  assert.equal(await ask(permit, 'a'), 'granted:new');
});

test('--all is every key of the ledger, also one that another service adopted', async (context) => {
  const { first, second } = await startPair(context, {}, { seen: fakeDeaf });
  await adoptOther(first.permit, ['a'], OTHER);
  const frozen = await second.permit.freeze({ key: 'all', reason: 'intrusion' }, 'ada');
  assert.deepEqual(frozen.map(({ key, mode }) => [key, mode]).sort(), [
    [KEY, 'frozen'],
    [OTHER, 'frozen'],
  ]);
  assert.equal(await ask(first.permit, 'a', { key: OTHER, digest: seal('01') }), 'denied:key-frozen');
  await second.permit.liftFreeze({ key: OTHER, reason: 'this one is safe' }, 'ada');
  await until(
    context,
    async () => (await ask(first.permit, 'a', { key: OTHER })) === 'granted:new',
    'the lift',
  );
  assert.equal(await ask(first.permit, 'a'), 'denied:key-frozen');
});

test('a key without a policy, and a key that is not frozen, are refused', async (context) => {
  const { permit } = await startAdopted(context);
  const refused = (code: string) => (error: unknown) => error instanceof PermitFault && error.code === code;
  await assert.rejects(permit.freeze({ key: OTHER, reason: 'x' }, 'ada'), refused('not-listed'));
  const elsewhere = { chain: `0x${'00'.repeat(32)}`, key: KEY, reason: 'x' };
  await assert.rejects(permit.freeze(elsewhere, 'ada'), refused('not-listed'));
  await assert.rejects(permit.liftFreeze({ key: KEY, reason: 'x' }, 'ada'), refused('not-frozen'));
});

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

  test('needs no rounds, on a chain without GRANDPA', async (context) => {
    const duties = DUTIES.filter(({ name }) => name === 'babe');
    const babe = { enabled: true, digestRequired: true, window: 1 };
    const { permit } = await startAdopted(context, { duties: { babe } }, { parts: { duties } });
    await permit.observe({ chain: CHAIN, setId: '3', round: '5' }, 'watcher');
    await permit.freeze(REQUEST, 'ada');
    const [lifted] = await permit.liftFreeze(lift, 'bob');
    assert.deepEqual([lifted?.mode, lifted?.freeze?.lifted?.round], ['enforce', undefined]);
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
});

test('a refusal says which keys, and what to look at', async (context) => {
  const { permit } = await startService(context);
  await untilServing(context, permit);
  const refusal = async (asked: Promise<unknown>) => {
    const error = await asked.then(
      () => assert.fail('it was not refused'),
      (fault: unknown) => fault,
    );
    assert.ok(error instanceof PermitFault);
    return `${error.status} ${error.code}: ${error.message} | ${error.remedy}`;
  };
  const show = 'Look at the keys with `watchbill policy show`.';
  assert.equal(
    await refusal(permit.freeze({ key: 'all', reason: 'x' }, 'ada')),
    `404 not-listed: this ledger has no policy for any key | ${show}`,
  );
  assert.equal(
    await refusal(permit.freeze({ key: KEY, reason: 'x' }, 'ada')),
    `404 not-listed: this ledger has no policy for key ${KEY} | ${show}`,
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
