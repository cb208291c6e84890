import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault } from '../../store/index.ts';
import { keys } from '../ground/keys.ts';
import { fakeDisk, fakeLedger } from '../testing/fake-ledger.ts';
import { contextOf, memoryStore, put } from '../testing/services.ts';
import { worldOf } from '../testing/world.ts';
import { follow, followingOf, isCalm, settles } from './follow.ts';
import { encodeReport, reportId, reportOf } from './report.ts';
import { judgeWords } from './store-records.ts';
import { EPOCH, placeOf, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const FAULT = new StoreFault('unavailable', 'no answer', 'nothing');
type Watcher = Parameters<Store['watch']>[1];

interface Setup {
  readonly ready?: Promise<void>;
  readonly store?: (inner: Store) => Partial<Store>;
  readonly onDisk?: boolean;
}

/** A loop over a store whose watch the test holds, and whose hints the test gives. */
async function ground(test: TestContext, setup: Setup = {}) {
  const { clock, random, atEnd } = worldOf(test);
  const inner = memoryStore(test);
  const watches: { readonly prefix: string; readonly watcher: Watcher }[] = [];
  const store: Store = {
    ...inner,
    ...setup.store?.(inner),
    watch(prefix, watcher) {
      watches.push({ prefix, watcher });
      return { ready: setup.ready ?? Promise.resolve(), stop: () => undefined };
    },
  };
  const ledger = fakeLedger(fakeDisk(random), clock);
  const place = placeOf(WORD, ledger.serviceId);
  const record = encodeReport(reportOf(ledger.serviceId, WORD));
  if (setup.onDisk === true) await ledger.keepWord({ id: reportId(place), text: record });
  const logged: string[] = [];
  const log = ({ event }: { readonly event: string }) => void logged.push(event);
  const context = contextOf(test, { store, ledger, log: { info: log, warn: log, error: log } });
  const epochs = { epoch: EPOCH, voided: new Set<string>() };
  const following = followingOf(context, (asked) => judgeWords(context, epochs, async () => null, asked));
  const { book } = following;
  let stopLoop = async () => {};
  const start = async () => {
    stopLoop = await follow(following);
  };
  atEnd(() => stopLoop());
  const held = () =>
    [...book.entries.values()].map(({ report }) => (report?.released === null ? 'held' : 'released'));
  const quiet = (recordKey: string) => settles(following, () => isCalm(book, recordKey));
  const stored = async () => (await inner.list(keys.doubts)).records.map(({ key }) => key);
  return { clock, inner, start, stop: () => stopLoop(), place, logged, watches, held, quiet, stored };
}

test('the words of the own disk and the records of the store hold once it has started', async (context) => {
  const { inner, clock, quiet, start, place, watches, held, stored } = await ground(context, {
    onDisk: true,
  });
  const other = placeOf(wordOf(6), 'service-2');
  await put(inner, other, encodeReport(reportOf('service-2', wordOf(6))));
  const beganMs = clock.monotonicMs();
  await start();
  assert.equal(clock.monotonicMs(), beganMs);
  assert.deepEqual(held(), ['held', 'held']);
  assert.deepEqual(
    watches.map(({ prefix }) => prefix),
    [keys.doubts],
  );
  await quiet(place);
  assert.deepEqual(new Set(await stored()), new Set([place, other]));
});

test('a store whose watch is not ready in time is still read', async (context) => {
  const { inner, clock, start, held } = await ground(context, { ready: new Promise(() => undefined) });
  await put(inner, placeOf(WORD, 'service-2'), encodeReport(reportOf('service-2', WORD)));
  const beganMs = clock.monotonicMs();
  await start();
  assert.equal(clock.monotonicMs() - beganMs, 2_000);
  assert.deepEqual(held(), ['held']);
});

test('after a watch that was late the records are read again: no hint came for those written before', async (context) => {
  const late = Promise.withResolvers<void>();
  const { inner, clock, start, held } = await ground(context, { ready: late.promise });
  await start();
  await put(inner, placeOf(WORD, 'service-2'), encodeReport(reportOf('service-2', WORD)));
  await clock.sleep(60_000);
  assert.deepEqual(held(), []);
  late.resolve();
  await clock.sleep(1);
  assert.deepEqual(held(), ['held']);
});

test('a hint of the store has the record read again, until the service stops', async (context) => {
  const { inner, clock, start, stop, watches, held } = await ground(context);
  await start();
  const place = placeOf(WORD, 'service-2');
  await put(inner, place, encodeReport(reportOf('service-2', WORD)));
  const change = { key: place, value: new Uint8Array() };
  const [{ watcher } = assert.fail('no watch')] = watches;
  assert.deepEqual(held(), []);
  watcher.onChange(change);
  await clock.sleep(1);
  assert.deepEqual(held(), ['held']);
  await stop();
  watcher.onChange({ ...change, key: placeOf(wordOf(6), 'service-2') });
  assert.deepEqual(held(), ['held']);
});

test('after a gap of the watch all records are read, however often that fails', async (context) => {
  let isDown = false;
  const { inner, clock, start, stop, logged, watches, held } = await ground(context, {
    store: (store) => ({ list: (...asked) => (isDown ? Promise.reject(FAULT) : store.list(...asked)) }),
  });
  await start();
  await put(inner, placeOf(WORD, 'service-2'), encodeReport(reportOf('service-2', WORD)));
  const [{ watcher } = assert.fail('no watch')] = watches;
  isDown = true;
  watcher.onResync();
  await clock.sleep(100_000);
  isDown = false;
  await clock.sleep(5_001);
  assert.deepEqual(
    [held(), logged.splice(0)],
    [['held'], ['mirror-stale', 'mirror-fresh', 'rollback-report-held']],
  );
  isDown = true;
  watcher.onResync();
  await clock.sleep(1);
  await stop();
  await clock.sleep(60_000);
  assert.equal(logged.length, 1, 'a service that stopped reads no more');
});
