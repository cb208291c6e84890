import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreFault, type Transaction } from '@watchbill/duty/store';
import { createMemoryStore } from '@watchbill/duty/store/testing/memory-store';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createFaultyStore } from './faulty-store.ts';
import { createSeededRandom } from './seeded-random.ts';
import { NO_FAULTS, type StoreFaults } from './store-line.ts';

const put = (key: string, value = '1'): Transaction => ({
  compares: [],
  writes: [{ key, value: Buffer.from(value) }],
});

function setUp(faults: Partial<StoreFaults> = {}, seed = 1) {
  const clock = createVirtualClock({ startMs: 0 });
  const inner = createMemoryStore({ clock });
  const store = createFaultyStore(inner, {
    clock,
    random: createSeededRandom(seed),
    faults: { ...NO_FAULTS, ...faults },
  });
  const holds = async (...keys: string[]) => (await inner.read(keys)).map((value) => value !== null);
  return { clock, inner, store, holds };
}

/** The result of a call and the virtual time at which it came. */
function watchCall<Result>(clock: { nowMs(): number }, call: Promise<Result>) {
  const seen: { result?: Result; error?: unknown; atMs?: number } = {};
  const at = () => {
    seen.atMs = clock.nowMs();
  };
  void call.then(
    (result) => {
      seen.result = result;
      at();
    },
    (error) => {
      seen.error = error;
      at();
    },
  );
  return seen;
}

const outcomes = (seen: { result?: readonly { outcome: string }[] }) =>
  seen.result?.map(({ outcome }) => outcome);

test('a good line takes its time both ways and changes nothing', async () => {
  const { clock, store, holds } = setUp({ delayMs: [5, 5] });
  const seen = watchCall(clock, store.transact([put('a')]));
  await clock.run(4);
  assert.deepEqual(await holds('a'), [false]);
  await clock.run(6);
  assert.deepEqual([await holds('a'), seen.atMs], [[true], undefined]);
  await clock.run(10);
  assert.deepEqual([outcomes(seen), seen.atMs], [['applied'], 10]);
  const reading = watchCall(clock, store.read(['a', 'b']));
  await clock.run(20);
  assert.deepEqual([reading.result?.map((value) => value !== null), reading.atMs], [[true, false], 20]);
});

test('a lost answer is ambiguous at the deadline and was applied', async () => {
  const { clock, store, holds } = setUp({ loseAnswer: 1 });
  const seen = watchCall(clock, store.transact([put('a'), put('b')], { timeoutMs: 100 }));
  await clock.run(1_000);
  assert.deepEqual(
    [outcomes(seen), seen.atMs, await holds('a', 'b')],
    [['ambiguous', 'ambiguous'], 100, [true, true]],
  );
});

test('a lost request is ambiguous and never applied', async () => {
  const { clock, store, holds } = setUp({ loseRequest: 1 });
  const seen = watchCall(clock, store.transact([put('a')], { timeoutMs: 100 }));
  await clock.run(10_000);
  assert.deepEqual([outcomes(seen), seen.atMs, await holds('a')], [['ambiguous'], 100, [false]]);
});

test('a late request is applied after the caller got ambiguous', async () => {
  const { clock, store, holds } = setUp({ applyLate: 1, lateMs: [30, 30] });
  const seen = watchCall(clock, store.transact([put('a')], { timeoutMs: 100 }));
  await clock.run(129);
  assert.deepEqual([outcomes(seen), await holds('a')], [['ambiguous'], [false]]);
  await clock.run(130);
  assert.deepEqual(await holds('a'), [true]);
});

test('some of a call applied and some not is ambiguous for all', async () => {
  const { clock, store, holds } = setUp({ applySome: 1 });
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
  const seen = watchCall(
    clock,
    store.transact(
      keys.map((key) => put(key)),
      { timeoutMs: 100 },
    ),
  );
  await clock.run(1_000);
  assert.deepEqual(new Set(outcomes(seen)), new Set(['ambiguous']));
  assert.deepEqual(new Set(await holds(...keys)), new Set([true, false]));
});

test('a refused call is a fault and none of its writes was applied', async () => {
  const { clock, store, holds } = setUp({ refuse: 1 });
  const seen = watchCall(clock, store.transact([put('a')]));
  await clock.run(10_000);
  assert.ok(seen.error instanceof StoreFault);
  assert.deepEqual([seen.error.code, await holds('a')], ['unavailable', [false]]);
});

test('a read or a lease without an answer is unavailable, and a lease may still be kept alive', async () => {
  const effects = new Set<boolean>();
  for (let seed = 0; seed < 12; seed++) {
    const { clock, inner, store } = setUp({ loseOther: 1 }, seed);
    const { id } = await inner.grantLease(100);
    await clock.run(80);
    const seen = watchCall(clock, store.keepLeaseAlive(id, { timeoutMs: 50 }));
    await clock.run(150);
    assert.ok(seen.error instanceof StoreFault && seen.error.code === 'unavailable');
    assert.equal(seen.atMs, 130);
    effects.add((await inner.keepLeaseAlive(id)) === 'alive');
  }
  assert.deepEqual(effects, new Set([true, false]));
});

test('an answer slower than the deadline is ambiguous; a read is then unavailable', async () => {
  const { clock, store, holds } = setUp({ delayMs: [80, 80] });
  const seen = watchCall(clock, store.transact([put('a')], { timeoutMs: 100 }));
  const reading = watchCall(clock, store.read(['a'], { timeoutMs: 100 }));
  await clock.run(1_000);
  assert.deepEqual([outcomes(seen), seen.atMs, await holds('a')], [['ambiguous'], 100, [true]]);
  assert.ok(reading.error instanceof StoreFault);
  assert.equal(reading.atMs, 100);
});

test('a caller that gives up gets ambiguous at once', async () => {
  const { clock, store } = setUp({ delayMs: [50, 50] });
  const giving = new AbortController();
  const seen = watchCall(clock, store.transact([put('a')], { signal: giving.signal }));
  await clock.run(10);
  giving.abort();
  await clock.run(11);
  assert.deepEqual([outcomes(seen), seen.atMs], [['ambiguous'], 10]);
});

test('cuts: without requests no write is applied; without answers all are; the end of a cut asks to read again', async () => {
  const { clock, inner, store, holds } = setUp();
  let resyncs = 0;
  const changed: string[] = [];
  store.watch('', { onChange: ({ key }) => changed.push(key), onResync: () => resyncs++ });
  store.cut('no-requests');
  const first = watchCall(clock, store.transact([put('a')], { timeoutMs: 50 }));
  store.cut('no-answers');
  const second = watchCall(clock, store.transact([put('b')], { timeoutMs: 50 }));
  await clock.run(100);
  assert.deepEqual([outcomes(first), outcomes(second)], [['ambiguous'], ['ambiguous']]);
  assert.deepEqual([await holds('a', 'b'), changed, resyncs], [[false, true], [], 0]);
  store.cut(null);
  await clock.run(110);
  assert.equal(resyncs, 1);
  await inner.transact([put('c')]);
  await clock.run(120);
  assert.deepEqual(changed, ['c']);
});

test('changes of a watch arrive in order however long each takes', async () => {
  const { clock, inner, store } = setUp({ delayMs: [1, 50] });
  const seen: string[] = [];
  const watch = store.watch('', { onChange: ({ key }) => seen.push(key), onResync: () => {} });
  const keys = Array.from({ length: 30 }, (_, index) => `k${String(index).padStart(2, '0')}`);
  for (const key of keys) await inner.transact([put(key)]);
  await clock.run(1_000);
  assert.deepEqual(seen, keys);
  await inner.transact([put('late')]);
  await clock.run(1_000);
  watch.stop();
  await clock.run(2_000);
  assert.deepEqual(seen, keys);
});
