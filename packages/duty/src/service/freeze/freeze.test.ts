import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Policy } from '../../rule/index.ts';
import { StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import { createLedgerChanges } from '../admin/ledger-changes.ts';
import { PermitFault } from '../contract.ts';
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
  refusal,
  seal,
  silentLog,
  startAdopted,
  startPair,
  startServing,
  vote,
} from '../testing/services.ts';
import { clockOf, START_MS, until } from '../testing/world.ts';
import { createFreezer } from './freeze.ts';

const OTHER = `0x${'cd'.repeat(32)}`;
const round = { duty: 'grandpa', unit: '0/1' } as const;

test('a frozen key is granted nothing new at any service, also one whose view is old', async (context) => {
  const { first, second } = await startPair(context, { standbyDelayMs: 0 }, { seen: fakeDeaf });
  assert.equal(await ask(second.permit, 'a', { unit: '1' }), 'granted:new');
  const [policy] = await first.permit.freeze({ key: KEY, reason: 'a copy of the disk is missing' }, 'ada');
  assert.equal(policy?.mode, 'frozen');
  const { atMs: _atMs, ...freeze } = policy?.freeze ?? { atMs: 0 };
  assert.deepEqual(freeze, {
    before: 'enforce',
    cause: 'operator',
    by: 'ada',
    reason: 'a copy of the disk is missing',
    evidence: null,
    lifted: null,
  });
  for (const { permit } of [first, second]) {
    assert.equal(await ask(permit, 'a', { unit: '2' }), 'denied:key-frozen');
    assert.equal(await ask(permit, 'b', { unit: '2' }), 'denied:key-frozen');
    assert.equal(await ask(permit, 'a', { unit: '1' }), 'denied:key-frozen', 'a seal may not exist yet');
  }
});

test('a vote that was granted before is repeated; other parts of the round are not granted', async (context) => {
  const { permit } = await startAdopted(context);
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  const prevote = { ...round, part: 'prevote', digest: vote('01') } as const;
  assert.equal(await ask(permit, 'a', prevote), 'granted:new');
  await permit.freeze({ chain: CHAIN, key: KEY, reason: 'test' }, 'ada');
  assert.equal(await ask(permit, 'a', prevote), 'granted:repeat');
  assert.equal(await ask(permit, 'a', { ...prevote, digest: vote('02') }), 'denied:digest-differs');
  assert.equal(
    await ask(permit, 'a', { ...round, part: 'precommit', digest: vote('01') }),
    'denied:key-frozen',
  );
});

test('a grant in flight is either before the freeze or refused', async (context) => {
  const inner = memoryStore(context);
  let freezing: Promise<unknown> | null = null;
  const store = fakeSeen(inner, ({ writes }) => {
    const grants = writes.some(({ key }) => key.startsWith('mark/'));
    // The claim is decided, and its transaction is on the way: now the key is frozen.
    if (grants && freezing === null && adopted)
      freezing = service.permit.freeze({ key: KEY, reason: 'x' }, 'ada');
    return grants && freezing !== null ? freezing.then(() => undefined) : undefined;
  });
  let adopted = false;
  const service = await startAdopted(context, {}, { store });
  adopted = true;
  assert.equal(await ask(service.permit, 'a'), 'denied:key-frozen');
  const [mark] = await service.permit.marks({ chain: CHAIN, key: KEY });
  assert.deepEqual(mark?.recent, [], 'the store holds no grant');
});

test('a policy that a person applies at the same moment does not delay a freeze', async (context) => {
  const inner = memoryStore(context);
  let applying: Promise<unknown> | null = null;
  const store = fakeSeen(inner, ({ writes }) => {
    const pointer = writes.find(({ key }) => key.endsWith('/current'));
    if (!armed || pointer === undefined || applying !== null) return undefined;
    applying = service.permit.applyPolicy(policyDocument({ standbyDelayMs: 70 }), 'bob');
    return applying.then(() => undefined);
  });
  let armed = false;
  const service = await startAdopted(context, {}, { store });
  armed = true;
  const [policy] = await service.permit.freeze({ key: KEY, reason: 'x' }, 'ada');
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

  test('of the freeze that a page shows leaves one alone that began since, also during the lift', async (context) => {
    let meanwhile: Promise<unknown> | null = null;
    let armed = false;
    const store = fakeSeen(memoryStore(context), ({ writes }) => {
      if (!armed || meanwhile !== null || !writes.some(({ key }) => key.endsWith('/current')))
        return undefined;
      meanwhile = again();
      return meanwhile.then(() => undefined);
    });
    const { permit } = await startAdopted(context, {}, { store });
    const again = async () => {
      await permit.liftFreeze(lift, 'bob');
      await clockOf(context).advance(1_000);
      await permit.freeze({ key: KEY, reason: 'a third copy' }, 'cleo');
    };
    const lifting = (policy?: Policy) =>
      permit.liftFreeze({ ...lift, frozenAtMs: policy?.freeze?.atMs ?? 0 }, 'ada');
    const [shown] = await permit.freeze(REQUEST, 'ada');
    armed = true;
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
  assert.deepEqual(
    frozen.map(({ chain, key }) => [chain, key]),
    [[elsewhere, OTHER]],
  );
  const lifted = await permit.liftFreeze({ key: 'all', reason: 'y' }, 'bob');
  assert.deepEqual(
    lifted.map(({ key, mode }) => `${key} ${mode}`),
    [`${OTHER} idle`],
    'the frozen ones',
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
  const elsewhere = { chain: `0x${'00'.repeat(32)}`, key: KEY, reason: 'x' };
  await assert.rejects(permit.freeze(elsewhere, 'ada'), { code: 'key-unknown' });
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
