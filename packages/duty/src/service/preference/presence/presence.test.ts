import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault } from '../../../store/index.ts';
import type { Unfit } from '../../ground/fitness.ts';
import { keys } from '../../ground/keys.ts';
import { decodeRecord } from '../../ground/records.ts';
import {
  CHAIN,
  contextOf,
  FIT_REPORT,
  fakeDeaf,
  fakeLog,
  KEY,
  memoryStore,
  put,
  textIn,
} from '../../testing/services.ts';
import { clockOf, until, worldOf } from '../../testing/world.ts';
import { createPresence } from './presence.ts';

const OTHER = `0x${'cd'.repeat(32)}`;
const TTL_MS = 4_000;
const MAX_AGE_MS = 10_000;
const SYNCING: Unfit = { criterion: 'syncing', detail: 'it is syncing' };
const FEW: Unfit = { criterion: 'minPeers', detail: 'its peers are too few' };
const FAULT = new StoreFault('unavailable', 'no answer', 'nothing');

async function ground(
  context: TestContext,
  change: (inner: Store) => Partial<Store> = (inner) => inner,
  inner = memoryStore(context),
) {
  const calls: string[] = [];
  const budgets: unknown[] = [];
  const base: Store = { ...inner, ...change(inner) };
  const store: Store = {
    ...base,
    grantLease: (ttlMs, options) => {
      calls.push(`grant ${ttlMs} ${options?.timeoutMs}`);
      return base.grantLease(ttlMs, options);
    },
    keepLeaseAlive: (id, options) => {
      calls.push(`keep ${options?.timeoutMs}`);
      return base.keepLeaseAlive(id, options);
    },
    transact: (transactions, options) => {
      budgets.push(options?.timeoutMs);
      return base.transact(transactions, options);
    },
  };
  const { log, lines: warnings } = fakeLog('warn');
  const presence = await createPresence(contextOf(context, { store, log }));
  worldOf(context).atEnd(async () => presence.stop());
  const report = (reasons: Readonly<Record<string, Unfit | null>>, node = 'a') =>
    presence.report(CHAIN, node, new Map(Object.entries(reasons)), TTL_MS, FIT_REPORT);
  const leaseOf = async (key: string) => {
    const text = await textIn(inner, keys.presence(CHAIN, key, 'a'));
    return text === null ? null : decodeRecord('presence', text).lease;
  };
  const live = () => [KEY, OTHER].map((key) => presence.isLive(CHAIN, key, 'a'));
  return { inner, presence, report, leaseOf, live, calls, budgets, warnings };
}

test('a node that is fit is there for as long as its lease lives', async (context) => {
  const { presence, report, leaseOf, live, calls } = await ground(context);
  await report({ [KEY]: null, [OTHER]: null });
  assert.deepEqual(live(), [true, true]);
  assert.equal(presence.isLive(CHAIN, KEY, 'b'), false);
  assert.equal(await leaseOf(KEY), await leaseOf(OTHER), 'the keys of one report share a lease');
  assert.deepEqual(calls, [`grant ${TTL_MS} 2000`]);
  await clockOf(context).sleep(TTL_MS + 10);
  assert.equal(await leaseOf(KEY), null);
  assert.deepEqual(live(), [false, false]);
});

test('a lease that another service granted is kept alive here', async (context) => {
  const one = await ground(context);
  await one.report({ [KEY]: null });
  const two = await ground(context, undefined, one.inner);
  assert.deepEqual(two.live(), [true, false]);
  const first = await one.leaseOf(KEY);
  await two.report({ [KEY]: null });
  assert.deepEqual([await one.leaseOf(KEY), two.calls], [first, ['keep 2000']]);
});

test('the record of a key leaves when the node is unfit for it, with one warning, and the others stay', async (context) => {
  const { report, leaseOf, live, warnings } = await ground(context);
  await report({ [KEY]: null, [OTHER]: null });
  for (let time = 0; time < 2; time++) await report({ [KEY]: SYNCING, [OTHER]: null });
  assert.deepEqual([live(), await leaseOf(KEY)], [[false, true], null]);
  assert.notEqual(await leaseOf(OTHER), null);
  const event = { level: 'warn', event: 'not-fit', chain: CHAIN, key: KEY, node: 'a' };
  const syncing = { ...event, ...SYNCING, text: 'a is passed over: it is syncing' };
  assert.deepEqual(warnings, [syncing]);
  for (const reason of [FEW, FEW, null, SYNCING]) await report({ [KEY]: reason });
  const few = { ...event, ...FEW, text: 'a is passed over: its peers are too few' };
  assert.deepEqual(warnings, [syncing, few, syncing]);
});

test('a node is unfit by its last report here; without a fresh one, by its absence', async (context) => {
  const { inner, presence, report } = await ground(context);
  const unfit = (node = 'a') => presence.unfit(CHAIN, KEY, node, MAX_AGE_MS);
  const last = (node = 'a') => presence.lastReport(CHAIN, KEY, node, MAX_AGE_MS);
  assert.equal(unfit(), 'it has not reported for this key');
  await report({ [KEY]: SYNCING });
  assert.equal(unfit(), 'it is syncing');
  assert.equal(unfit('b'), 'it has not reported for this key');
  await report({ [KEY]: null });
  assert.equal(unfit(), null);
  await clockOf(context).sleep(MAX_AGE_MS);
  assert.equal(unfit(), null, 'the report is fresh');
  assert.equal(last(), FIT_REPORT);
  await clockOf(context).sleep(1);
  assert.equal(unfit(), `its last report is older than ${MAX_AGE_MS} ms`);
  assert.deepEqual([last(), last('b')], [null, null]);
  await put(inner, keys.presence(CHAIN, KEY, 'a'), '{"lease":"x","v":1}');
  await until(context, () => presence.isLive(CHAIN, KEY, 'a'), 'the record of another service');
  assert.equal(unfit(), null, 'it reports to another service');
});

test('what the store may not have applied does not count, and the next report tries again', async (context) => {
  let isUnsure = false;
  const { report, live } = await ground(context, (inner) => ({
    transact: (transactions, options) =>
      isUnsure
        ? Promise.resolve(transactions.map(() => ({ outcome: 'ambiguous', cause: FAULT }) as const))
        : inner.transact(transactions, options),
    watch: fakeDeaf(inner).watch,
  }));
  const after = async (unfit: Unfit | null, unsure: boolean) => {
    isUnsure = unsure;
    await report({ [KEY]: unfit });
    return live()[0];
  };
  assert.deepEqual([await after(null, true), await after(null, false)], [false, true]);
  assert.equal(await after(SYNCING, true), true, 'it may still be there');
  assert.equal(await after(SYNCING, false), false);
});

test('one report removes some records and writes others, each within the time of one call', async (context) => {
  const { report, live, calls, budgets } = await ground(context);
  await report({ [KEY]: null });
  await report({ [KEY]: null });
  assert.deepEqual(calls, [`grant ${TTL_MS} 2000`], 'a lease that was just granted is not kept alive');
  await report({ [KEY]: SYNCING, [OTHER]: null });
  assert.deepEqual(live(), [false, true]);
  assert.deepEqual(budgets, [2_000, 2_000, 2_000]);
});

test('each lease of a report is kept alive, and one that expired gives way to a new one', async (context) => {
  const { inner, report, leaseOf, calls } = await ground(context, fakeDeaf);
  await report({ [KEY]: null });
  await report({ [OTHER]: null });
  const [first, second] = [await leaseOf(KEY), await leaseOf(OTHER)];
  await inner.revokeLease(first ?? '');
  await clockOf(context).sleep(1_000);
  calls.length = 0;
  for (let time = 0; time < 2; time++) await report({ [KEY]: null, [OTHER]: null });
  assert.deepEqual(calls, ['keep 2000', 'keep 2000', `grant ${TTL_MS} 2000`]);
  assert.equal(await leaseOf(OTHER), second);
  assert.notEqual(await leaseOf(KEY), null);
});

test('a report fails if the store does not answer', async (context) => {
  const { report } = await ground(context, () => ({ grantLease: () => Promise.reject(FAULT) }));
  await assert.rejects(report({ [KEY]: null }), FAULT);
});

test('the reports of one node go to the store one after another', async (context) => {
  let underWay = 0;
  let most = 0;
  const { report } = await ground(context, (inner) => ({
    grantLease: async (ttlMs, options) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await clockOf(context).sleep(50);
      underWay -= 1;
      return inner.grantLease(ttlMs, options);
    },
  }));
  await Promise.all([report({ [KEY]: null }), report({ [OTHER]: null })]);
  assert.equal(most, 1);
  most = 0;
  await Promise.all([report({ [KEY]: null }, 'b'), report({ [KEY]: null }, 'c')]);
  assert.equal(most, 2, 'other nodes do not wait');
});
