import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault } from '../../store/index.ts';
import { type CoreContext, createContext } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { fakeDisk, fakeLedger } from '../testing/fake-ledger.ts';
import { memoryStore, put, silentMeter } from '../testing/services.ts';
import { worldOf } from '../testing/world.ts';
import { entryAt } from './book.ts';
import { act, follow, followingOf, isCalm, settles } from './follow.ts';
import { encodeReport, reportId, reportOf, type SaidWord } from './report.ts';
import { onSaid } from './rules.ts';
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

/** The store of a test, whose hints the test gives. */
function watched(inner: Store, setup: Setup) {
  const watches: { readonly prefix: string; readonly watcher: Watcher }[] = [];
  let stopped = 0;
  const stop = () => {
    stopped += 1;
  };
  const reads: string[] = [];
  const base = { ...inner, ...setup.store?.(inner) };
  const store: Store = {
    ...base,
    read(...asked) {
      reads.push(...asked[0]);
      return base.read(...asked);
    },
    watch(prefix, watcher) {
      watches.push({ prefix, watcher });
      return { ready: setup.ready ?? Promise.resolve(), stop };
    },
  };
  return { store, watches, reads, stops: () => stopped };
}

/** A loop over a store whose watch the test holds. */
async function ground(test: TestContext, setup: Setup = {}) {
  const { clock, random, atEnd } = worldOf(test);
  const inner = memoryStore(test);
  const { store, watches, reads, stops } = watched(inner, setup);
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
  const context = createContext(parts as unknown as CoreContext['parts'], options);
  const readMark = async () => {
    judgedMs.push(clock.monotonicMs());
    return null;
  };
  const epochs = { epoch: EPOCH, voided: new Set<string>() };
  const following = followingOf(context, (asked) => judgeWords(context, epochs, readMark, asked));
  const { book } = following;
  let stopLoop = async () => {};
  const start = async () => {
    stopLoop = await follow(following);
  };
  atEnd(() => stopLoop());
  const say = (word: SaidWord) => act(following, () => void onSaid(book, word));
  const held = () =>
    [...book.entries.values()].map(({ report }) => (report?.released === null ? 'held' : 'released'));
  const quiet = (...places: readonly string[]) =>
    settles(following, () => places.every((recordKey) => isCalm(book, recordKey)));
  const stored = async () => (await inner.list(keys.doubts)).records.map(({ key }) => key);
  return {
    clock,
    inner,
    following,
    book,
    start,
    stop: () => stopLoop(),
    say,
    place,
    logged,
    judgedMs,
    watches,
    held,
    quiet,
    stored,
    reads,
    stops,
  };
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
    store: (store) => ({
      list: (...asked) => (isDown ? Promise.reject(FAULT) : store.list(...asked)),
    }),
  });
  await start();
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
  await stop();
  await clock.sleep(60_000);
  assert.equal(logged.length, 1, 'a service that stopped reads no more');
});

test('a held word is looked at every ten seconds', async (context) => {
  const { clock, following, book, start, say, judgedMs, reads } = await ground(context);
  await start();
  const beganMs = clock.monotonicMs();
  await clock.sleep(1_000);
  say(WORD);
  await clock.sleep(25_000);
  assert.deepEqual(
    judgedMs.map((atMs) => atMs - beganMs),
    [10_000, 20_000],
  );
  const [before, looks] = [reads.length, judgedMs.length];
  await clock.sleep(3_000);
  assert.equal(reads.length, before, 'nothing between two looks');
  act(following, () => void entryAt(book, 'doubt/s/none'));
  await clock.sleep(1);
  assert.deepEqual(reads.slice(before), ['doubt/s/none']);
  assert.equal(judgedMs.length, looks, 'no look before its moment');
});

test('a word that the store refuses is written at the moment of each retry', async (context) => {
  let writes = 0;
  const atMs: number[] = [];
  const { clock, quiet, start, say, place } = await ground(context, {
    store: (inner) => ({
      transact: (...asked) => {
        atMs.push(clock.monotonicMs());
        writes += 1;
        return writes < 4 ? Promise.reject(FAULT) : inner.transact(...asked);
      },
    }),
  });
  await start();
  say(WORD);
  await clock.sleep(10_000);
  const [first = 0] = atMs;
  assert.deepEqual(
    atMs.map((each) => each - first),
    [0, 250, 500, 750],
  );
  await quiet(place);
});

test('a caller waits until store and disk have what the entries say, at most for the time of the store', async (context) => {
  let isDown = true;
  const { clock, quiet, start, say, place } = await ground(context, {
    store: (inner) => ({
      transact: (...asked) => (isDown ? Promise.reject(FAULT) : inner.transact(...asked)),
    }),
  });
  await start();
  say(WORD);
  const beganMs = clock.monotonicMs();
  await quiet('doubt/none');
  assert.equal(clock.monotonicMs(), beganMs, 'another record is calm');
  await quiet('doubt/none', place);
  assert.equal(clock.monotonicMs() - beganMs, 2_000);
  isDown = false;
  await quiet(place);
  assert.ok(clock.monotonicMs() - beganMs < 4_000);
});

test('a loop that stops ends its callers, its watch and its timers', async (context) => {
  const { clock, following, start, stop, say, stops } = await ground(context);
  const before = clock.pending();
  await start();
  say(WORD);
  await clock.sleep(100);
  const waiting = settles(following, () => false);
  const beganMs = clock.monotonicMs();
  await stop();
  assert.equal(await waiting, false);
  assert.deepEqual([clock.monotonicMs() - beganMs, stops()], [0, 1]);
  await clock.sleep(1);
  assert.equal(clock.pending(), before);
});

test('without a word a loop sleeps until an event or the next look', async (context) => {
  const { clock, following, book, start, reads } = await ground(context);
  const before = clock.pending();
  await start();
  await clock.sleep(1);
  assert.equal(clock.pending(), before + 1);
  act(following, () => void entryAt(book, 'doubt/s/none'));
  await clock.sleep(1);
  assert.deepEqual([reads, book.entries.size, clock.pending()], [['doubt/s/none'], 0, before + 1]);
});
