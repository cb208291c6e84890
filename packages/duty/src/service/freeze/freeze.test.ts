import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Policy } from '../../rule/index.ts';
import { StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import { createLedgerChanges } from '../admin/ledger-changes.ts';
import type { Permit } from '../contract.ts';
import { startCore, untilOpen } from '../testing/core.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  fakeDeaf,
  fakeLog,
  fakeSeen,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  refusal,
  seal,
  startAdopted,
  startPair,
  startServing,
  vote,
} from '../testing/services.ts';
import { clockOf, START_MS, until } from '../testing/world.ts';
import { createFreezer } from './freeze.ts';

const OTHER = `0x${'cd'.repeat(32)}`;
const REQUEST = { key: KEY, reason: 'a copy is missing' };
const LIFT = { key: KEY, reason: 'it is destroyed' };

test('a frozen key is granted nothing new at any service, also one whose view is old', async (context) => {
  const { first, second } = await startPair(context, { standbyDelayMs: 0 }, { seen: fakeDeaf });
  assert.equal(await ask(second.permit, 'a', { unit: '1' }), 'granted:new');
  const [policy] = await first.permit.freeze(REQUEST, 'ada');
  const { atMs: _atMs, ...freeze } = policy?.freeze ?? { atMs: 0 };
  const cause = { cause: 'operator', by: 'ada', reason: REQUEST.reason, evidence: null };
  assert.deepEqual([policy?.mode, freeze], ['frozen', { before: 'enforce', ...cause, lifted: null }]);
  for (const { permit } of [first, second]) {
    assert.equal(await ask(permit, 'a', { unit: '2' }), 'denied:key-frozen');
    assert.equal(await ask(permit, 'b', { unit: '2' }), 'denied:key-frozen');
    assert.equal(await ask(permit, 'a', { unit: '1' }), 'denied:key-frozen', 'a seal may not exist yet');
  }
});

test('a vote that was granted before is repeated; other parts of the round are not granted', async (context) => {
  const { permit } = await startAdopted(context);
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  const prevote = { duty: 'grandpa', unit: '0/1', part: 'prevote', digest: vote('01') } as const;
  assert.equal(await ask(permit, 'a', prevote), 'granted:new');
  await permit.freeze({ chain: CHAIN, key: KEY, reason: 'test' }, 'ada');
  assert.equal(await ask(permit, 'a', prevote), 'granted:repeat');
  assert.equal(await ask(permit, 'a', { ...prevote, digest: vote('02') }), 'denied:digest-differs');
  assert.equal(await ask(permit, 'a', { ...prevote, part: 'precommit' }), 'denied:key-frozen');
});

/**
 * A service with a key. From `arm` on, `answer` is called before a transaction that writes such a record, and
 * may take its place: the first one, or each.
 */
async function interrupted(
  context: TestContext,
  record: RegExp,
  answer: (permit: Permit, asked: Transaction) => unknown,
  which: 'first' | 'each' = 'first',
) {
  let isArmed = false;
  let asked = 0;
  const store = fakeSeen(memoryStore(context), async (transaction) => {
    if (!isArmed || !transaction.writes.some(({ key }) => record.test(key))) return undefined;
    asked += 1;
    if (which === 'each') return answer(service.permit, transaction) as TransactionResult;
    if (asked === 1) await answer(service.permit, transaction);
    return undefined;
  });
  const service = await startAdopted(context, {}, { store });
  const arm = () => {
    isArmed = true;
  };
  return { permit: service.permit, arm, asked: () => asked };
}
const MARK = /^mark\//;
const POLICY = /\/current$/;

test('a grant in flight is either before the freeze or refused', async (context) => {
  // The claim is decided, and its transaction is on the way: now the key is frozen.
  const freeze = (permit: Permit) => permit.freeze(REQUEST, 'ada');
  const { permit, arm } = await interrupted(context, MARK, freeze);
  arm();
  assert.equal(await ask(permit, 'a'), 'denied:key-frozen');
  const [mark] = await permit.marks({ chain: CHAIN, key: KEY });
  assert.deepEqual(mark?.recent, [], 'the store holds no grant');
});

test('a policy that a person applies at the same moment does not delay a freeze', async (context) => {
  const apply = (permit: Permit) => permit.applyPolicy(policyDocument({ standbyDelayMs: 70 }), 'bob');
  const { permit, arm } = await interrupted(context, POLICY, apply);
  arm();
  const [policy] = await permit.freeze(REQUEST, 'ada');
  assert.deepEqual([policy?.mode, policy?.standbyDelayMs], ['frozen', 70]);
});

test('a freeze outlives a new policy, an adoption and a restart; a person lifts it', async (context) => {
  const { permit, store, disk, stop } = await startAdopted(context);
  await permit.freeze({ key: KEY, reason: 'first' }, 'ada');
  await permit.freeze({ key: KEY, reason: 'second' }, 'bob');
  const applied = await permit.applyPolicy(policyDocument({ standbyDelayMs: 70 }), 'ada');
  assert.equal(applied.mode, 'frozen');
  await permit.adopt({ chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'again' }, 'ada');
  await stop();
  const later = await startServing(context, { store, disk });
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
  const { permit } = await startServing(context);
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
  const modes = frozen.map(({ key, mode }) => `${key} ${mode}`).sort();
  assert.deepEqual(modes, [`${KEY} frozen`, `${OTHER} frozen`]);
  assert.equal(await ask(first.permit, 'a', { key: OTHER, digest: seal('01') }), 'denied:key-frozen');
  await second.permit.liftFreeze({ key: OTHER, reason: 'this one is safe' }, 'ada');
  const isLifted = async () => (await ask(first.permit, 'a', { key: OTHER })) === 'granted:new';
  await until(context, isLifted, 'the lift');
  assert.equal(await ask(first.permit, 'a'), 'denied:key-frozen');
});

test('a freeze of a policy that changes again and again is tried eight times; one that may be written once', async (context) => {
  const cause = new StoreFault('unavailable', 'no answer', 'nothing');
  const conflict = (_permit: Permit, { compares }: Transaction) => ({
    ...{ outcome: 'conflict', current: compares.map(({ value }) => value) },
  });
  for (const [answer, code, tries] of [
    [conflict, 'changed', 8],
    [() => ({ outcome: 'ambiguous', cause }), 'store-unavailable', 1],
  ] as const) {
    const { permit, arm, asked } = await interrupted(context, POLICY, answer, 'each');
    arm();
    await assert.rejects(permit.freeze(REQUEST, 'ada'), { name: 'PermitFault', code });
    assert.equal(asked(), tries);
  }
});

test('a freeze and its lift are logged, with who and why', async (context) => {
  const { log, events: logged } = fakeLog('error', 'warn');
  const { permit } = await startAdopted(context, {}, { parts: { log } });
  logged.length = 0;
  await permit.freeze(REQUEST, 'ada');
  await permit.liftFreeze(LIFT, 'bob');
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
  test('notes who, why and when, and the last round that may have been voted in', async (context) => {
    const { permit } = await startAdopted(context);
    await permit.freeze(REQUEST, 'ada');
    const [first] = await permit.liftFreeze(LIFT, 'bob');
    const { atMs = 0, ...lifted } = first?.freeze?.lifted ?? {};
    assert.ok(atMs >= START_MS);
    assert.deepEqual(lifted, { by: 'bob', reason: 'it is destroyed' }, 'no observer has reported');
    await permit.observe({ chain: CHAIN, setId: '3', round: '5' }, 'watcher');
    await permit.freeze(REQUEST, 'ada');
    const [second] = await permit.liftFreeze(LIFT, 'bob');
    assert.equal(second?.freeze?.lifted?.round, '3/21', 'a step above the round that was seen');
  });

  test('of the freeze that a page shows leaves one alone that began since, also during the lift', async (context) => {
    const again = async (permit: Permit) => {
      await permit.liftFreeze(LIFT, 'bob');
      await clockOf(context).advance(1_000);
      await permit.freeze({ key: KEY, reason: 'a third copy' }, 'cleo');
    };
    const { permit, arm } = await interrupted(context, POLICY, again);
    const lifting = (policy?: Policy) =>
      permit.liftFreeze({ ...LIFT, frozenAtMs: policy?.freeze?.atMs ?? 0 }, 'ada');
    const [shown] = await permit.freeze(REQUEST, 'ada');
    arm();
    await assert.rejects(lifting(shown), { code: 'changed', status: 409 });
    const [held] = await permit.policies();
    assert.deepEqual([held?.mode, held?.freeze?.reason], ['frozen', 'a third copy']);
    const [lifted] = await lifting(held);
    assert.equal(lifted?.mode, 'enforce');
    await assert.rejects(lifting(held), { code: 'not-frozen' });
  });
});

test('a request that names a chain is about the keys of that chain alone', async (context) => {
  const { permit } = await startAdopted(context);
  const elsewhere = `0x${'c2'.repeat(32)}`;
  await permit.applyPolicy(policyDocument({ chain: elsewhere, key: OTHER }), 'test');
  const frozen = await permit.freeze({ chain: elsewhere, key: 'all', reason: 'x' }, 'ada');
  const shown = (some: readonly Policy[]) => some.map(({ chain, key, mode }) => `${chain} ${key} ${mode}`);
  assert.deepEqual(shown(frozen), [`${elsewhere} ${OTHER} frozen`]);
  const lifted = await permit.liftFreeze({ key: 'all', reason: 'y' }, 'bob');
  assert.deepEqual(shown(lifted), [`${elsewhere} ${OTHER} idle`], 'the frozen ones');
  assert.equal((await permit.policies()).find(({ key }) => key === KEY)?.mode, 'enforce');
});

test('a refusal says which keys, and what to look at', async (context) => {
  const { permit } = await startServing(context);
  const freeze = (of: object) => refusal(permit.freeze({ key: 'all', reason: 'x', ...of }, 'ada'));
  const lift = (key: string) => refusal(permit.liftFreeze({ key, reason: 'x' }, 'ada'));
  const none = 'no key has a policy yet; apply one first: `watchbill policy apply FILE`';
  assert.equal(await freeze({}), `404 key-unknown: there is no key | ${none}`);
  assert.equal(await freeze({ key: KEY }), `404 key-unknown: no key is named or ends with ${KEY} | ${none}`);
  await permit.applyPolicy(policyDocument(), 'test');
  assert.match(await freeze({ chain: `0x${'00'.repeat(32)}`, key: KEY }), /^404 key-unknown/);
  const status = 'Run `watchbill status` to see the mode of each key.';
  assert.equal(await lift(KEY), `409 not-frozen: the key is not frozen | ${status}`);
  assert.equal(await lift('all'), `409 not-frozen: no key of this ledger is frozen | ${status}`);
});
