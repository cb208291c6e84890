import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Store } from '../../store/index.ts';
import { policyOf } from '../claim/testing/claim.ts';
import { keys } from '../ground/keys.ts';
import { CHAIN, fakeDeaf, memoryStore, partsOf, policyDocument, put } from '../testing/services.ts';
import { clockOf, until } from '../testing/world.ts';
import { createObservationBook, type ObservationBook } from './observations.ts';
import { mayObserve, namesOf } from './observers.ts';
import { decodeObservation, encodeObservation, mapFields } from './record.ts';
import { REPORT_LIFE_MS } from './reports.ts';

/** A book by itself over a store, without a service. */

const POLICY = policyOf({ ceilings: { ...policyDocument().ceilings, observers: ['watcher', 'silent'] } });
const KEY = keys.observation(CHAIN, 'watcher');
const NOTHING = mapFields(() => null);

/** The watcher saw this round of set 7, and reported so often. */
function textOf(round: bigint, receipt: string, observer = 'watcher'): string {
  const observation = { observer, ...NOTHING, setId: 7n, round };
  return encodeObservation({ observation, receipts: { ...NOTHING, setId: receipt, round: receipt } });
}

async function openBook(context: TestContext, store: Store) {
  const book = await createObservationBook(partsOf(context, { store }));
  context.after(() => book.stop());
  book.list(POLICY);
  return book;
}

const heardBy = (book: ObservationBook) => book.heard(POLICY, { openedMs: null, adopted: new Set() });

const seen = (round: bigint, observer = 'watcher') => ({ observer, ...NOTHING, setId: 7n, round });

async function stored(store: Store) {
  const [value] = await store.read([KEY]);
  return decodeObservation('watcher', Buffer.from(value ?? []).toString());
}

test('a report goes over the last one, also if that one is written and no watch has shown it', async (context) => {
  const store = memoryStore(context);
  const book = await openBook(context, fakeDeaf(store));
  await book.report({ chain: CHAIN, setId: '7', round: '1' }, 'watcher', [POLICY]);
  await book.report({ chain: CHAIN, round: '2' }, 'watcher', [POLICY]);
  await clockOf(context).sleep(300);
  assert.deepEqual(await stored(store), {
    observation: seen(2n),
    receipts: { ...NOTHING, setId: '1', round: '2' },
  });
  assert.deepEqual(book.known(POLICY), [seen(2n)]);
  await book.report({ chain: CHAIN, session: '5' }, 'watcher', [POLICY]);
  await clockOf(context).sleep(300);
  assert.deepEqual(await stored(store), {
    observation: { ...seen(2n), session: 5n },
    receipts: { ...NOTHING, setId: '1', round: '2', session: '1' },
  });
});

test('after an opening, a record of the store counts once it was reported again', async (context) => {
  const store = memoryStore(context);
  await put(store, KEY, textOf(3n, '5'));
  const book = await openBook(context, store);
  await book.opened();
  for (const round of [3n, 4n]) {
    await put(store, KEY, textOf(round, '5'));
    await clockOf(context).sleep(1_000);
    assert.deepEqual([heardBy(book).fresh, heardBy(book).first], [[], []]);
  }
  await put(store, KEY, textOf(3n, '6'));
  await until(context, () => heardBy(book).fresh.length > 0, 'the report');
  assert.deepEqual([heardBy(book).fresh, heardBy(book).first], [[seen(3n)], [seen(3n)]]);
});

test('the newest block of an observer arrives once, and its age counts from then', async (context) => {
  const book = await openBook(context, memoryStore(context));
  const report = (bestSlot: string) => book.report({ chain: CHAIN, bestSlot }, 'watcher', [POLICY]);
  assert.deepEqual(heardBy(book).arrivals, []);
  await clockOf(context).sleep(1_000);
  await report('9');
  await clockOf(context).sleep(500);
  await report('9');
  assert.deepEqual(heardBy(book).arrivals, [{ observer: 'watcher', slot: 9n, ageMs: 500 }]);
  await report('10');
  assert.deepEqual(heardBy(book).arrivals, [{ observer: 'watcher', slot: 10n, ageMs: 0 }]);
});

test('an opening forgets what was heard before; a report is fresh for a minute, and first for ever', async (context) => {
  const book = await openBook(context, memoryStore(context));
  const report = (round: string) => book.report({ chain: CHAIN, setId: '7', round }, 'watcher', [POLICY]);
  await report('1');
  assert.equal(heardBy(book).first.length, 1);
  await book.opened();
  assert.deepEqual([heardBy(book).fresh, heardBy(book).first, book.firsts().reports], [[], [], {}]);
  await report('2');
  await clockOf(context).sleep(REPORT_LIFE_MS);
  await report('3');
  assert.deepEqual([heardBy(book).fresh, heardBy(book).first], [[seen(3n)], [seen(2n)]]);
  await clockOf(context).sleep(REPORT_LIFE_MS + 1);
  assert.deepEqual([heardBy(book).fresh, heardBy(book).first], [[], [seen(2n)]]);
});

test('the first reports of a peer count here, with the present values of the store', async (context) => {
  const store = memoryStore(context);
  const peer = await openBook(context, store);
  await peer.opened();
  for (const round of ['3', '8']) {
    await peer.report({ chain: CHAIN, setId: '7', round }, 'watcher', [POLICY]);
    await clockOf(context).sleep(11_000);
  }
  const firsts = peer.firsts();
  const text = encodeObservation({ observation: seen(3n), receipts: NOTHING });
  assert.deepEqual(firsts.reports, { [KEY]: text });
  const book = await openBook(context, store);
  await book.opened();
  assert.deepEqual([heardBy(book).fresh, heardBy(book).first], [[], []]);
  book.inherit(firsts);
  assert.deepEqual([heardBy(book).fresh, heardBy(book).first], [[seen(8n)], [seen(3n)]]);
  assert.deepEqual(book.firsts(), firsts);
});

test('the listed nodes and the observers of a policy may report, each named once', () => {
  const policy = policyOf({ ceilings: { ...policyDocument().ceilings, observers: ['watcher', 'b'] } });
  assert.deepEqual(namesOf(policy), ['a', 'b', 'watcher']);
  const may = ['a', 'b', 'watcher', 'stranger'].map((name) => mayObserve(policy, name));
  assert.deepEqual(may, [true, true, true, false]);
});
