import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { openSqliteStore, type Store, StoreFault } from '../../store/index.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  FIT_REPORT,
  fakeSeen,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  put,
  type ServiceSetup,
  startAdopted,
  startPair,
  startServing,
  textAt,
  untilServing,
  wordAhead,
} from '../testing/services.ts';
import { clockOf, worldOf } from '../testing/world.ts';

const NAME = `0x${'9a'.repeat(32)}`;
const OTHER = `0x${'cd'.repeat(32)}`;
const RECORD = `lease/${CHAIN}/${NAME}`;
const NO_ANSWER = new StoreFault('unavailable', 'no answer', 'wait');

type Permit = Awaited<ReturnType<typeof startAdopted>>['permit'];

/** A machine: its reports follow from the answers. */
function fakeMachine(permit: Permit, node: string) {
  let id: string | null = null;
  let isHere = false;
  const report = async (said = { holds: isHere ? id : null, returned: isHere ? null : id }) => {
    const leases = [{ name: NAME, key: KEY, ...said }];
    await permit.reportReadiness({ ...FIT_REPORT, leases }, node);
    const [answer] = await permit.keepKeyLeases({ ...FIT_REPORT, leases }, node);
    isHere = answer?.lease != null;
    id = answer?.lease ?? id;
    return isHere;
  };
  return { report, id: () => id };
}

/** A service that may give a lease: it started long enough ago. */
async function startedLongAgo(context: TestContext, setup: ServiceSetup = {}) {
  const service = await startAdopted(context, { watchTtlMs: 5_000 }, setup);
  await clockOf(context).sleep(15_000);
  return service;
}

async function world(context: TestContext) {
  const service = await startedLongAgo(context);
  const { permit } = service;
  return { ...service, a: fakeMachine(permit, 'a'), b: fakeMachine(permit, 'b') };
}

test('the active node has the lease for as long as it reports', async (context) => {
  const { a, b } = await world(context);
  assert.equal(await a.report(), true);
  const first = a.id();
  assert.match(first ?? '', /^[0-9a-f]{32}$/);
  for (let second = 0; second < 40; second++) {
    assert.equal(await a.report(), true);
    assert.equal(await b.report(), false, 'b is not active');
    await clockOf(context).sleep(1_000);
  }
  assert.equal(a.id(), first);
});

test('no machine has it before the key is adopted, while it is frozen, or once another ledger may begin', async (context) => {
  const { permit } = await startServing(context);
  const { report } = fakeMachine(permit, 'a');
  const document = policyDocument();
  await permit.applyPolicy(document, 'test');
  await clockOf(context).sleep(15_000);
  assert.equal(await report(), false, 'a plain node may still sign');
  await permit.adopt({ chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'new' }, 'test');
  assert.equal(await report(), true);
  await permit.freeze({ key: KEY, reason: 'a copy of the machine may run' }, 'test');
  assert.equal(await report(), false);
  await permit.liftFreeze({ key: KEY, reason: 'it does not' }, 'test');
  assert.equal(await report(), true);
  const grandpa = { enabled: true, digestRequired: true, window: 64, lastUnit: '9/9' };
  await permit.applyPolicy({ ...document, duties: { ...document.duties, grandpa } }, 'test');
  assert.equal(await report(), false);
});

test('a service that may not grant keeps no lease: its store may be a copy, or an old one', async (context) => {
  const { a, permit, store } = await world(context);
  assert.equal(await a.report(), true);
  permit.storeWentBack('by a test');
  assert.equal(await a.report(), false);
  await untilServing(context, permit);
  assert.equal(await a.report(), true);
  assert.equal(await ask(permit, 'a', { word: await wordAhead(store) }), 'denied:store-behind');
  assert.equal(await a.report(), false);
});

test('after a handover the new node has it once the old one has given it back', async (context) => {
  const { a, b, permit, store } = await world(context);
  await a.report();
  await b.report();
  await permit.handOver(CHAIN, KEY, 'b');
  assert.equal(await b.report(), false, 'the secret may still be on a');
  assert.equal(await a.report(), false, 'a is not active any more');
  assert.equal(await b.report(), false, 'a has not said that the secret is gone');
  assert.equal(await a.report(), false);
  assert.equal(await b.report(), true, 'a has given the lease back');
  assert.equal(JSON.parse(await textAt(store, RECORD)).node, 'b');
});

test('a node that is silent loses it after 15 seconds, when its machine has no secret any more', async (context) => {
  const { a, b } = await world(context);
  await a.report();
  const startMs = clockOf(context).monotonicMs();
  while (!(await b.report())) await clockOf(context).sleep(500);
  const tookMs = clockOf(context).monotonicMs() - startMs;
  assert.ok(tookMs >= 15_000 && tookMs < 18_000, `${tookMs}`);
  assert.equal(await a.report(), false);
});

test('a report that was under way for long ends no later lease', async (context) => {
  const { a, b, permit } = await world(context);
  await a.report();
  const late = { holds: null, returned: a.id() };
  // The machine erased the secret and took it up again by another lease.
  assert.equal(await a.report(late), true);
  assert.notEqual(a.id(), late.returned);
  await b.report();
  await permit.handOver(CHAIN, KEY, 'b');
  await permit.keepKeyLeases({ ...FIT_REPORT, leases: [{ name: NAME, key: KEY, ...late }] }, 'a');
  assert.equal(await b.report(), false, 'the secret is still on a');
});

test('two processes of one name, and two keys of the gate, share the lease', async (context) => {
  const { a, permit } = await world(context);
  await a.report();
  const twin = fakeMachine(permit, 'a');
  assert.equal(await twin.report(), false);
  assert.equal(await a.report(), true);
  const leases = [{ name: NAME, key: OTHER, holds: null, returned: null }];
  const unlisted = await permit.keepKeyLeases({ ...FIT_REPORT, leases }, 'a');
  assert.deepEqual(unlisted, [], 'the report is not of that key');
});

test('of two that ask at the same moment one has it', async (context) => {
  const { a, permit } = await world(context);
  const answers = await Promise.all([a.report(), fakeMachine(permit, 'a').report()]);
  assert.deepEqual(answers.toSorted(), [false, true]);
});

test('giving a lease back does not end one that came after it', async (context) => {
  const inner = memoryStore(context);
  const later = JSON.stringify({ id: '2e'.repeat(16), key: KEY, lease: 'l', node: 'b', sinceMs: 1, v: 1 });
  const store = fakeSeen(inner, async ({ writes: [first] }) => {
    if (first?.key === RECORD && first.value === null) await put(inner, RECORD, later);
    return undefined;
  });
  const { permit } = await startedLongAgo(context, { store });
  const a = fakeMachine(permit, 'a');
  await a.report();
  await a.report({ holds: null, returned: a.id() });
  assert.equal(await textAt(inner, RECORD), later);
});

test('without a certain answer of the store no machine has it', async (context) => {
  const inner = memoryStore(context);
  const store = fakeSeen(inner, async (transaction) => {
    if (!transaction.writes.some(({ key }) => key === RECORD)) return undefined;
    await inner.transact([transaction]);
    return { outcome: 'ambiguous', cause: NO_ANSWER };
  });
  const { permit } = await startedLongAgo(context, { store });
  const a = fakeMachine(permit, 'a');
  assert.equal(await a.report(), false);
  assert.equal(await a.report(), false, 'its id was lost with the answer');
});

test('the watch names the machine of a lease and since when, and no machine while the store is silent', async (context) => {
  let isSilent = false;
  const seen = (inner: Store): Store => ({
    ...inner,
    async list(...call) {
      if (isSilent && call[0] === 'lease/') throw NO_ANSWER;
      return inner.list(...call);
    },
  });
  const { first, second, inner } = await startPair(context, { watchTtlMs: 5_000 }, { seen });
  await adoptOther(first.permit, ['a', 'b'], OTHER);
  const of = async (key: string) => (await second.permit.watches({ key }))[0]?.keyLeases;
  const asks = {
    ...FIT_REPORT,
    keys: [KEY, OTHER],
    leases: [{ name: NAME, key: KEY, holds: null, returned: null }],
  };
  assert.deepEqual(await of(KEY), []);
  await clockOf(context).sleep(15_000);
  const sinceMs = clockOf(context).nowMs();
  await fakeMachine(first.permit, 'a').report();
  await put(inner, RECORD.replace(CHAIN, `0x${'c2'.repeat(32)}`), await textAt(inner, RECORD));
  const held = { name: NAME, state: 'held', node: 'a', sinceMs, askedBy: [] };
  assert.deepEqual(await of(KEY), [held], 'its node asks the other service');
  await second.permit.reportReadiness(asks, 'b');
  assert.deepEqual(await of(KEY), [{ ...held, askedBy: ['b'] }]);
  assert.deepEqual(await of(OTHER), [], 'the lease is that of another key');
  const leases = asks.leases.map((asked) => ({ ...asked, name: OTHER }));
  await second.permit.reportReadiness({ ...asks, leases }, 'b');
  const free = { name: OTHER, state: 'free', node: null, sinceMs: null, askedBy: ['b'] };
  assert.deepEqual(await of(KEY), [held, free]);
  await clockOf(context).sleep(11_000);
  isSilent = true;
  const none = { name: NAME, node: null, sinceMs: null, askedBy: [] };
  assert.deepEqual(await of(KEY), [{ ...none, state: 'unknown' }], 'the name is known from before');
  isSilent = false;
  await put(inner, RECORD, null);
  assert.deepEqual(await of(KEY), [], 'no machine asks any more');
  await second.permit.reportReadiness(asks, 'b');
  assert.deepEqual(await of(KEY), [{ ...none, state: 'free', askedBy: ['b'] }]);
});

test('after a restart of the embedded store no machine has it while another one may have the secret', async (context) => {
  const { clock } = worldOf(context);
  const path = join(temporaryFolder(context), 'store.db');
  const before = await openSqliteStore({ path, clock });
  const first = await startedLongAgo(context, { store: before });
  assert.equal(await fakeMachine(first.permit, 'a').report(), true);
  await first.stop();
  await before.close();
  const store = await openSqliteStore({ path, clock });
  const { permit, stop } = await startServing(context, { store, disk: first.disk });
  const { report } = fakeMachine(permit, 'b');
  const startMs = clock.monotonicMs();
  while (!(await report())) await clock.sleep(500);
  assert.ok(clock.monotonicMs() - startMs > 11_000);
  await stop();
  await store.close();
});
