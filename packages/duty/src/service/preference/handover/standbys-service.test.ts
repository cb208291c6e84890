import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type Claim, DUTIES } from '../../../rule/index.ts';
import type { Store } from '../../../store/index.ts';
import type { MemoryStore } from '../../../store/testing/memory-store.ts';
import type { CheckName, PolicyDocument } from '../../contract.ts';
import type { CoreModules } from '../../modules.ts';
import {
  ask,
  CHAIN,
  FIT_REPORT,
  KEY,
  memoryStore,
  OTHER_INCARNATION,
  policyDocument,
  type ServiceSetup,
  seal,
  startAdopted,
} from '../../testing/services.ts';
import { clockOf, until } from '../../testing/world.ts';
import { askShadow } from './shadow.ts';

const enter = (unit: string, term = '1') =>
  ({ duty: 'grandpa', unit, part: 'enter', digest: null, term }) as const;
const SEEN = { chain: CHAIN, setId: '0', round: '1' };
const REPORT = { ...FIT_REPORT, version: '1.2.3', heldKeys: [KEY] };

/** Both nodes report; `a` is active. */
async function ground(context: TestContext, change: Partial<PolicyDocument> = {}, setup: ServiceSetup = {}) {
  const store = memoryStore(context);
  const service = await startAdopted(context, { watchTtlMs: 60_000, ...change }, { store, ...setup });
  const { permit } = service;
  await permit.observe(SEEN, 'watcher');
  await permit.reportReadiness(REPORT, 'a');
  await permit.reportReadiness(REPORT, 'b');
  const shadow = async () => {
    const [active, standby = assert.fail()] = await permit.standbys({});
    assert.deepEqual([active?.node, active?.onWatch, standby.node, standby.onWatch], ['a', true, 'b', false]);
    return standby.shadow;
  };
  const dueIs = (due: number) =>
    until(context, async () => (await shadow()).due === due, `${due} shadow claims`);
  const check = async (name: CheckName) => {
    const { checks } = await permit.drill(CHAIN, KEY, 'b', 'ada');
    const found = checks.find((one) => one.name === name) ?? assert.fail(name);
    return `${found.state}: ${found.detail}`;
  };
  return { ...service, store, shadow, dueIs, check };
}

const counts = (due: number, granted: number, asked: number) => ({
  ...{ due, granted, asked, recentDenied: 0, p99Ms: 0, why: null },
});

/** Every record and its bytes but the sessions, which are renewed by time. */
function recordsOf(store: MemoryStore): string[] {
  return [...store.snapshot().records]
    .filter(([key]) => !key.startsWith('session/'))
    .map(([key, { value }]) => `${key}=${Buffer.from(value).toString('hex')}`)
    .sort();
}

/** A slot of both nodes: the standby asks after its delay, and hears that it is taken. */
async function slot(permit: Awaited<ReturnType<typeof ground>>['permit'], unit: string) {
  assert.equal(await ask(permit, 'a', { unit }), 'granted:new');
  const claim = { unit, digest: seal('02'), incarnation: OTHER_INCARNATION };
  assert.equal(await ask(permit, 'b', claim), 'denied:unit-taken');
}

test('a shadow claim and a drill leave every record of the store and of the ledger as it was', async (context) => {
  const { permit, store, ledger, dueIs } = await ground(context);
  await slot(permit, '1');
  assert.equal(await ask(permit, 'a', enter('0/1')), 'granted:new');
  await dueIs(2);
  const before = recordsOf(store);
  const heads = new Map(ledger.points());
  const claim = { unit: '1', digest: seal('03'), incarnation: OTHER_INCARNATION };
  assert.equal(await ask(permit, 'b', claim), 'denied:unit-taken');
  const drill = await permit.drill(CHAIN, KEY, 'b', 'ada');
  assert.equal(drill.state, 'ok');
  await clockOf(context).sleep(500);
  assert.deepEqual(recordsOf(store), before);
  assert.deepEqual(ledger.points(), heads);
  assert.equal(await ask(permit, 'a', enter('0/2')), 'granted:new', 'the holder goes on');
});

test('slots count by the claims of the standby, rounds by those that the service makes for it', async (context) => {
  const { permit, shadow, dueIs } = await ground(context);
  for (const unit of ['1', '2', '3']) {
    await slot(permit, unit);
    await dueIs(Number(unit));
  }
  assert.deepEqual(await shadow(), counts(3, 3, 3));
  await ask(permit, 'a', enter('0/1'));
  await dueIs(4);
  assert.deepEqual(await shadow(), counts(4, 4, 3));
  assert.equal((await permit.standbys({})).find(({ node }) => node === 'a')?.shadow.due, 0);
});

test('a slot that the standby does not claim counts after ten seconds, if its reports come here', async (context) => {
  const { permit, shadow, dueIs, check } = await ground(context, {
    readiness: { ...policyDocument().readiness, maxAgeMs: 60_000 },
  });
  await slot(permit, '1');
  await dueIs(1);
  assert.equal(await ask(permit, 'a', { unit: '2' }), 'granted:new');
  await clockOf(context).sleep(9_000);
  assert.equal((await shadow()).due, 1);
  await clockOf(context).sleep(2_000);
  assert.deepEqual(await shadow(), { ...counts(2, 1, 1), recentDenied: 1, why: 'not-asked' });
  assert.match(await check('shadow'), /^fail: would have been granted 1 of 2.*not-asked/);
  const other = await ground(context, {}, { store: memoryStore(context) });
  await clockOf(context).sleep(11_000);
  assert.equal(await ask(other.permit, 'a', { unit: '3620' }), 'granted:new');
  await clockOf(context).sleep(11_000);
  assert.equal((await other.shadow()).due, 0, 'its reports are too old, so it may ask another service');
});

test('a node that restarts and asks for its own slot again makes no shadow claim', async (context) => {
  const { permit, shadow, dueIs } = await ground(context, { standbyDelayMs: 0 });
  const shadows = async () =>
    (await permit.standbys({})).map(({ node, shadow: { due } }) => `${node} ${due}`);
  assert.equal(await ask(permit, 'a', { unit: '1' }), 'granted:new');
  assert.equal(await ask(permit, 'a', { unit: '1', incarnation: OTHER_INCARNATION }), 'denied:unit-taken');
  // The standby is granted a slot, and restarts too.
  assert.equal(await ask(permit, 'b', { unit: '2' }), 'granted:new');
  assert.equal(await ask(permit, 'b', { unit: '2', incarnation: OTHER_INCARNATION }), 'denied:unit-taken');
  // The active node is not a standby, although it was too late for this slot.
  assert.equal(await ask(permit, 'a', { unit: '2' }), 'denied:unit-taken');
  await clockOf(context).sleep(500);
  assert.deepEqual(await shadows(), ['a 0', 'b 0']);
  await slot(permit, '3');
  await dueIs(1);
  assert.equal((await shadow()).asked, 1);
});

test('a take-over is noted for the new holder, with the node before; no person asked for it', async (context) => {
  const { permit } = await startAdopted(context, { watchTtlMs: 3_000 });
  const handovers = async () => (await permit.standbys({})).map(({ lastHandover }) => lastHandover);
  const taken = { by: null, tookMs: 0, force: null };
  await permit.reportReadiness(FIT_REPORT, 'a');
  const [first = assert.fail(), none] = await handovers();
  assert.deepEqual([first, none], [{ ...taken, atMs: first?.atMs, from: null, term: '1' }, null]);
  for (let seconds = 0; seconds < 10; seconds++) {
    await permit.reportReadiness(FIT_REPORT, 'b');
    await clockOf(context).sleep(1_000);
  }
  const [, second] = await handovers();
  assert.deepEqual(second, { ...taken, atMs: second?.atMs, from: 'a', term: '2' });
  assert.ok((second?.atMs ?? 0) > (first?.atMs ?? 0));
});

test('a failure that ten good units follow does not refuse a handover', async (context) => {
  const readiness = { ...policyDocument().readiness, required: true };
  const { permit, shadow, dueIs, check } = await ground(context, { readiness });
  await permit.reportReadiness({ ...REPORT, peers: 0 }, 'b');
  await ask(permit, 'a', enter('0/1'));
  await dueIs(1);
  await permit.reportReadiness(REPORT, 'b');
  for (let round = 2; round <= 11; round++) {
    assert.match(await check('shadow'), /^fail/);
    await ask(permit, 'a', enter(`0/${round}`));
    await dueIs(round);
  }
  assert.match(await check('shadow'), /^ok: would have been granted 10 of 11/);
  assert.equal((await shadow()).why, 'not-ready', 'the figures keep it');
});

test('a unit that the mark has left behind meanwhile counts neither as granted nor as not asked', async (context) => {
  const inner = memoryStore(context);
  let between: (() => Promise<unknown>) | null = null;
  const read: Store['read'] = async (wanted, options) => {
    const act = wanted.some((key) => key.startsWith('mark/')) ? between : null;
    if (act !== null) between = null;
    await act?.();
    return inner.read(wanted, options);
  };
  const { permit, shadow } = await ground(
    context,
    { readiness: { ...policyDocument().readiness, maxAgeMs: 60_000 } },
    { store: { ...inner, read } },
  );
  assert.equal(await ask(permit, 'a', { unit: '3601' }), 'granted:new');
  between = () => ask(permit, 'a', { unit: '3602' });
  const claim = { unit: '3601', digest: seal('02'), incarnation: OTHER_INCARNATION };
  assert.equal(await ask(permit, 'b', claim), 'denied:unit-taken');
  await until(context, () => between === null, 'the shadow claim to read the mark');
  await ask(permit, 'b', { ...claim, unit: '3602' });
  await clockOf(context).sleep(12_000);
  assert.deepEqual(await shadow(), counts(1, 1, 1));
});

test('a service that does not serve, or that holds the key, would not grant', async (context) => {
  const duty = DUTIES.find(({ name }) => name === 'babe');
  assert.ok(duty);
  const policy = { ...policyDocument(), versionId: 'v', version: 1, mode: 'enforce' };
  const modules = (state: string, held: string | null) =>
    ({
      context: {
        parts: {
          clock: clockOf(context),
          store: { read: async (wanted: readonly string[]) => wanted.map(() => null) },
        },
        options: { storeTimeoutMs: 1_000 },
      },
      policies: { load: async () => ({ policy }) },
      watches: { unfit: () => null },
      session: { state: () => state, detail: () => 'why', storeFault: () => null },
      reports: { held: () => held },
    }) as unknown as CoreModules;
  const claim = { chain: CHAIN, key: KEY, duty, unit: [1n], owner: { node: 'b', incarnation: '' } };
  const why = async (state: string, held: string | null) =>
    (await askShadow(modules(state, held), claim as unknown as Claim))?.why;
  assert.equal(await why('serving', null), 'not-adopted');
  assert.equal(await why('checking', null), 'session-lost');
  assert.equal(await why('serving', 'a node remembers more'), 'store-behind');
});
