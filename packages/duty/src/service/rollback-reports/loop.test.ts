import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault } from '../../store/index.ts';
import { type CoreContext, createContext } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { LedgerFault } from '../ledger/port.ts';
import { fakeDisk, fakeLedger } from '../testing/fake-ledger.ts';
import { memoryStore, put, silentMeter } from '../testing/services.ts';
import { worldOf } from '../testing/world.ts';
import { createLoop } from './loop.ts';
import { encodeReport, reportId, reportOf } from './report.ts';
import { EPOCH, placeOf, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const FAULT = new StoreFault('unavailable', 'no answer', 'nothing');
type Watcher = Parameters<Store['watch']>[1];

interface Setup {
  readonly ready?: Promise<void>;
  readonly store?: (inner: Store) => Partial<Store>;
  readonly onDisk?: boolean;
}

/** A loop over a store whose watch the test holds. */
async function ground(context: TestContext, setup: Setup = {}) {
  const { clock, random, atEnd } = worldOf(context);
  const inner = memoryStore(context);
  const watches: { readonly prefix: string; readonly watcher: Watcher }[] = [];
  let stopped = 0;
  const stop = () => {
    stopped += 1;
  };
  const store: Store = {
    ...inner,
    ...setup.store?.(inner),
    watch(prefix, watcher) {
      watches.push({ prefix, watcher });
      return { ready: setup.ready ?? Promise.resolve(), stop };
    },
  };
  const disk = fakeDisk(random);
  const ledger = fakeLedger(disk, clock);
  const place = placeOf(WORD, ledger.serviceId);
  const record = encodeReport(reportOf(ledger.serviceId, WORD));
  if (setup.onDisk === true) await ledger.keepWord({ id: reportId(place), text: record });
  const logged: { readonly event: string; readonly atMs: number }[] = [];
  const log = ({ event }: { readonly event: string }) =>
    void logged.push({ event, atMs: clock.monotonicMs() });
  const parts = { store, clock, ledger, meter: silentMeter, log: { warn: log, error: log } };
  const options = { storeTimeoutMs: 2_000 } as CoreContext['options'];
  const judgedMs: number[] = [];
  const loop = createLoop(
    createContext(parts as unknown as CoreContext['parts'], options),
    { epoch: EPOCH, voided: new Set() },
    async () => {
      judgedMs.push(clock.monotonicMs());
      return null;
    },
  );
  atEnd(loop.stop);
  const held = () => [...loop.state().entries.values()].map(({ report }) => report?.state);
  const stored = async () => (await inner.list(keys.doubts)).records.map(({ key }) => key);
  const text = () => loop.state().entries.get(place)?.stored;
  return {
    clock,
    inner,
    loop,
    place,
    record,
    logged,
    judgedMs,
    watches,
    held,
    stored,
    text,
    stops: () => stopped,
  };
}

test('the words of the own disk and the records of the store hold once it has started', async (context) => {
  const { inner, loop, clock, place, watches, held, stored } = await ground(context, { onDisk: true });
  const other = placeOf(wordOf(6), 'service-2');
  await put(inner, other, encodeReport(reportOf('service-2', wordOf(6))));
  const beganMs = clock.monotonicMs();
  await loop.start();
  assert.equal(clock.monotonicMs(), beganMs);
  assert.deepEqual(held(), ['held', 'held']);
  assert.deepEqual(
    watches.map(({ prefix }) => prefix),
    [keys.doubts],
  );
  await loop.quiet([place]);
  assert.deepEqual(new Set(await stored()), new Set([place, other]));
});

test('a store whose watch is not ready in time is still read', async (context) => {
  const { inner, clock, loop, held } = await ground(context, { ready: new Promise(() => undefined) });
  await put(inner, placeOf(WORD, 'service-2'), encodeReport(reportOf('service-2', WORD)));
  const beganMs = clock.monotonicMs();
  await loop.start();
  assert.equal(clock.monotonicMs() - beganMs, 2_000);
  assert.deepEqual(held(), ['held']);
});

test('after a watch that was late the records are read again: no hint came for those written before', async (context) => {
  const late = Promise.withResolvers<void>();
  const { inner, clock, loop, held } = await ground(context, { ready: late.promise });
  await loop.start();
  await put(inner, placeOf(WORD, 'service-2'), encodeReport(reportOf('service-2', WORD)));
  await clock.sleep(60_000);
  assert.deepEqual(held(), []);
  late.resolve();
  await clock.sleep(1);
  assert.deepEqual(held(), ['held']);
});

test('a hint of the store has the record read again, until the service stops', async (context) => {
  const { inner, clock, loop, watches, held } = await ground(context);
  await loop.start();
  const place = placeOf(WORD, 'service-2');
  await put(inner, place, encodeReport(reportOf('service-2', WORD)));
  const change = { key: place, value: new Uint8Array() };
  const [{ watcher } = assert.fail('no watch')] = watches;
  assert.deepEqual(held(), []);
  watcher.onChange(change);
  await clock.sleep(1);
  assert.deepEqual(held(), ['held']);
  await loop.stop();
  const before = loop.state();
  watcher.onChange({ ...change, key: placeOf(wordOf(6), 'service-2') });
  assert.equal(loop.state(), before);
});

test('after a gap of the watch all records are read, however often that fails', async (context) => {
  let isDown = false;
  const { inner, clock, loop, watches, logged, held } = await ground(context, {
    store: (store) => ({
      list: (...asked) => (isDown ? Promise.reject(FAULT) : store.list(...asked)),
    }),
  });
  await loop.start();
  await put(inner, placeOf(WORD, 'service-2'), encodeReport(reportOf('service-2', WORD)));
  const [{ watcher } = assert.fail('no watch')] = watches;
  isDown = true;
  const beganMs = clock.monotonicMs();
  watcher.onResync();
  await clock.sleep(1_000);
  assert.deepEqual(
    logged.splice(0).map(({ event, atMs }) => `${event} ${atMs - beganMs}`),
    ['mirror-stale 0', 'mirror-stale 200', 'mirror-stale 600'],
  );
  await clock.sleep(100_000);
  const pauses = logged.splice(0).map(({ atMs }) => atMs);
  assert.deepEqual(
    [pauses.at(-1), pauses.at(-2)].map((atMs) => (atMs ?? 0) - (pauses.at(-3) ?? 0)),
    [10_000, 5_000],
  );
  isDown = false;
  await clock.sleep(5_001);
  assert.deepEqual(
    [held(), logged.splice(0).map(({ event }) => event)],
    [['held'], ['rollback-report-held']],
  );
  isDown = true;
  watcher.onResync();
  await clock.sleep(1);
  await loop.stop();
  await clock.sleep(60_000);
  assert.equal(logged.length, 1, 'a service that stopped reads no more');
});

test('a held word is looked at when it came and every ten seconds, at its moment', async (context) => {
  const { clock, loop, judgedMs } = await ground(context);
  await loop.start();
  await clock.sleep(1_000);
  const saidMs = clock.monotonicMs();
  loop.happened({ kind: 'said', word: WORD });
  await clock.sleep(25_000);
  const [first = assert.fail('never'), ...later] = judgedMs.map((atMs) => atMs - saidMs);
  assert.ok(first <= 1);
  assert.deepEqual(later, [first + 10_000, first + 20_000]);
  const { state } = loop;
  const before = state();
  await clock.sleep(4_000);
  assert.equal(state(), before, 'no step between two looks');
  loop.happened({ kind: 'record-changed', recordKey: 'doubt/s/none' });
  await clock.sleep(1);
  assert.equal(state().calls, before.calls + 1, 'one read, and no look before its moment');
});

test('a word that the store refuses is written at the moment of each retry', async (context) => {
  let writes = 0;
  const atMs: number[] = [];
  const { clock, loop, place } = await ground(context, {
    store: (inner) => ({
      transact: (...asked) => {
        atMs.push(clock.monotonicMs());
        writes += 1;
        return writes < 4 ? Promise.reject(FAULT) : inner.transact(...asked);
      },
    }),
  });
  await loop.start();
  loop.happened({ kind: 'said', word: WORD });
  await clock.sleep(10_000);
  const [first = 0] = atMs;
  assert.deepEqual(
    atMs.map((each) => each - first),
    [0, 250, 500, 750],
  );
  await loop.quiet([place]);
});

test('a caller waits until store and disk have what the entries say, at most for the time of the store', async (context) => {
  let isDown = true;
  const { clock, loop, place } = await ground(context, {
    store: (inner) => ({
      transact: (...asked) => (isDown ? Promise.reject(FAULT) : inner.transact(...asked)),
    }),
  });
  await loop.start();
  loop.happened({ kind: 'said', word: WORD });
  const beganMs = clock.monotonicMs();
  await loop.quiet(['doubt/none']);
  assert.equal(clock.monotonicMs(), beganMs, 'another record is calm');
  await loop.quiet(['doubt/none', place]);
  assert.equal(clock.monotonicMs() - beganMs, 2_000);
  isDown = false;
  await loop.quiet([place]);
  assert.ok(clock.monotonicMs() - beganMs < 4_000);
});

test('a loop that stops ends its callers, its watch and its timers', async (context) => {
  const { clock, loop, stops } = await ground(context);
  const before = clock.pending();
  await loop.start();
  loop.happened({ kind: 'said', word: WORD });
  await clock.sleep(100);
  const late = () => new LedgerFault('too late', 'nothing');
  const waiting = assert.rejects(
    loop.until(
      () => false,
      () => null,
      late,
    ),
    { message: 'the service stops', remedy: 'Start it again.' },
  );
  const beganMs = clock.monotonicMs();
  await loop.stop();
  await waiting;
  assert.deepEqual([clock.monotonicMs() - beganMs, stops()], [0, 1]);
  await clock.sleep(1);
  assert.equal(clock.pending(), before);
});

test('without a word a loop sleeps until an event', async (context) => {
  const { clock, loop } = await ground(context);
  const before = clock.pending();
  await loop.start();
  await clock.sleep(1);
  assert.equal(clock.pending(), before);
  loop.happened({ kind: 'record-changed', recordKey: 'doubt/s/none' });
  await clock.sleep(1);
  assert.deepEqual([loop.state().calls, loop.state().entries.size, clock.pending()], [1, 0, before]);
});

test('a loop that was not started stops too', async (context) => {
  const { loop, stops } = await ground(context);
  await loop.stop();
  assert.equal(stops(), 0);
});
