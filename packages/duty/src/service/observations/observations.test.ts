import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type Store, StoreFault } from '../../store/index.ts';
import type { Permit } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import {
  ask,
  CHAIN,
  fakePeers,
  memoryStore,
  policyDocument,
  type Service,
  startAdopted,
  startService,
  untilServing,
  vote,
} from '../testing/services.ts';
import { clockOf, until } from '../testing/world.ts';

/** Reports of many observers cost few calls of the store: nodes report every second, each of them. */

const OBSERVERS = Array.from({ length: 100 }, (_, index) => `node-${index}`);
const CEILINGS = { ...policyDocument().ceilings, observers: OBSERVERS };
const RECORD = keys.observation(CHAIN, 'x').slice(0, -1);

/** Counts the calls about observations. */
function counted(inner: Store) {
  const calls = { writes: 0, records: 0, reads: 0 };
  let failing = false;
  const store: Store = {
    ...inner,
    transact(transactions, options) {
      const own = transactions.flatMap(({ writes }) => writes).filter(({ key }) => key.startsWith(RECORD));
      if (own.length === 0) return inner.transact(transactions, options);
      calls.writes += 1;
      if (failing) return Promise.reject(new StoreFault('unavailable', 'the store is away', 'wait'));
      calls.records += own.length;
      return inner.transact(transactions, options);
    },
    read(wanted, options) {
      if (wanted.some((key) => key.startsWith(RECORD))) calls.reads += 1;
      return inner.read(wanted, options);
    },
  };
  return {
    store,
    calls,
    fail: (now: boolean) => {
      failing = now;
    },
  };
}

/** Each observer reports once, 2 ms after the one before it. */
async function reportAll(context: TestContext, permit: Permit, round: number): Promise<void> {
  for (const observer of OBSERVERS) {
    await permit.observe({ chain: CHAIN, setId: '7', round: String(round) }, observer);
    await clockOf(context).sleep(2);
  }
}

const stored = async (inner: Store) => (await inner.list(RECORD)).records.length;

test('the reports of a hundred observers within 200 ms are written by two calls', async (context) => {
  const inner = memoryStore(context);
  const { store, calls } = counted(inner);
  const { permit } = await startAdopted(context, { ceilings: CEILINGS }, { store });
  await reportAll(context, permit, 1);
  await until(context, async () => (await stored(inner)) === OBSERVERS.length, 'all records');
  assert.deepEqual(calls, { writes: 2, records: OBSERVERS.length, reads: 0 });
});

test('another service reads changed reports together, and counts them', async (context) => {
  const inner = memoryStore(context);
  const peers = fakePeers();
  const parts = { peers };
  const change = { ceilings: CEILINGS, return: 'deny', standbyDelayMs: 0 } as const;
  const first = await startAdopted(context, change, {
    store: inner,
    parts,
    options: { url: 'first', name: 'first' },
  });
  peers.reachable.set('first', first.permit);
  const { store, calls } = counted(inner);
  const options = { url: 'second', name: 'second' };
  const second: Service = await startService(context, { store, parts, options });
  await untilServing(context, second.permit);
  await reportAll(context, first.permit, 20);
  await until(context, async () => (await stored(inner)) === OBSERVERS.length, 'all records');
  const claim = { duty: 'grandpa', unit: '7/21', part: 'prevote', digest: vote('01') } as const;
  await until(
    context,
    async () => (await ask(second.permit, 'a', claim)) === 'granted:new',
    'a grant by reports',
  );
  assert.ok(calls.reads > 0 && calls.reads <= 4, `${calls.reads} reads`);
});

test('reports that the store did not take are written again with the next ones', async (context) => {
  const inner = memoryStore(context);
  const { store, fail } = counted(inner);
  const warned: unknown[] = [];
  const log = { info: () => {}, error: () => {}, warn: (event: object) => void warned.push(event) };
  const setup = { store, parts: { log } };
  const { permit } = await startAdopted(context, { ceilings: CEILINGS }, setup);
  fail(true);
  await reportAll(context, permit, 1);
  await clockOf(context).sleep(1_000);
  assert.equal(await stored(inner), 0);
  assert.ok(warned.some((event) => (event as { event?: string }).event === 'observation-unwritten'));
  fail(false);
  // The same values again: they count as not written.
  await reportAll(context, permit, 1);
  await until(context, async () => (await stored(inner)) === OBSERVERS.length, 'all records');
});

test('an observer alone is written at once, and its last report in the end', async (context) => {
  const inner = memoryStore(context);
  const { store, calls } = counted(inner);
  const { permit } = await startAdopted(context, { ceilings: CEILINGS }, { store });
  const observe = (round: number) =>
    permit.observe({ chain: CHAIN, setId: '7', round: String(round) }, 'node-0');
  await observe(1);
  await clockOf(context).sleep(1);
  assert.deepEqual([calls.writes, await stored(inner)], [1, 1]);
  for (let round = 2; round <= 20; round++) await observe(round);
  await clockOf(context).sleep(300);
  assert.equal(calls.writes, 2);
  const [record] = (await inner.list(RECORD)).records;
  assert.match(Buffer.from(record?.value ?? []).toString(), /"round":"20"/);
});

test('the last report of an observer is written in the end, whatever the store reports in between', async (context) => {
  const store = memoryStore(context);
  const { permit } = await startAdopted(context, {}, { store });
  await untilServing(context, permit);
  const key = `observed/${CHAIN}/watcher`;
  const stored = async () => Buffer.from((await store.read([key]))[0] ?? []).toString();
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  await until(context, async () => (await stored()).includes('"round":"1"'), 'the first report');
  const first = await stored();
  await permit.observe({ chain: CHAIN, setId: '0', round: '10' }, 'watcher');
  await store.transact([
    { compares: [], writes: [{ key, value: Buffer.from(first.replace('"round":"1"', '"round":"2"')) }] },
  ]);
  assert.equal(
    await ask(permit, 'a', {
      duty: 'grandpa',
      unit: '0/20',
      part: 'prevote',
      digest: `0x${'01'.repeat(40)}`,
    }),
    'granted:new',
  );
  await until(context, async () => (await stored()).includes('"round":"10"'), 'the last report');
});
