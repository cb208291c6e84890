import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TikvCall } from './options.ts';
import { bench, first, run, texts, transaction } from './testing/fake-bench.ts';

describe('health', () => {
  test('names the members, who leads, and how many may be lost', async (context) => {
    const { store } = await bench(context);
    const health = await store.health();
    assert.deepEqual([health.ok, health.quorumMargin, health.members.length], [true, 1, 6]);
    const leaders = health.members.filter(({ leader }) => leader).map(({ name }) => name);
    assert.equal(leaders.length, 2);
    assert.ok(leaders.includes('PD pd0') && leaders.some((name) => name.startsWith('store 1 at ')));
  });

  for (const kind of ['pd', 'store'] as const) {
    test(`with one ${kind} lost goes on, and no further may be lost`, async (context) => {
      const { cluster, store } = await bench(context);
      await cluster.stop(kind, 2);
      const health = await store.health();
      assert.deepEqual([health.ok, health.quorumMargin], [true, 0]);
      assert.equal(health.members.filter(({ ok }) => !ok).length, 1);
      assert.match(health.detail, /5 of 6/);
    });
  }

  test('without an answer of the store that leads is not ok, and says why', async (context) => {
    const { cluster, store } = await bench(context);
    first(cluster, 'KvBatchGet', 'lose-request', 9_999);
    const health = await store.health({ timeoutMs: 400 });
    assert.equal(health.ok, false);
    assert.match(health.detail, /does not answer/);
  });

  test('without PD is not ok and does not throw', async (context) => {
    const { cluster, store } = await bench(context);
    for (const at of [0, 1, 2]) await cluster.stop('pd', at);
    const health = await store.health({ timeoutMs: 400 });
    assert.deepEqual([health.ok, health.quorumMargin], [false, 0]);
    assert.match(health.detail, /PD does not answer/);
  });
});

test('every call to PD and to a store is reported with its method, result and duration', async (context) => {
  const calls: TikvCall[] = [];
  const { cluster, store } = await bench(context, { onCall: (call) => calls.push(call) });
  first(cluster, 'KvPrewrite', { regionError: { message: 'busy', serverIsBusy: {} } });
  first(cluster, 'KvCommit', 'break-after');
  await run(store, transaction({ a: 'x' }, { a: null }));
  await run(store, transaction({ b: 'y' }));
  assert.deepEqual(await texts(store, ['a', 'b']), ['x', 'y']);
  const told = new Set(calls.map(({ method, outcome }) => `${method} ${outcome}`));
  for (const wanted of [
    'GetMembers ok',
    'Tso ok',
    'GetRegion ok',
    'GetStore ok',
    'KvBatchGet ok',
    'KvPrewrite region',
    'KvPrewrite ok',
    'KvCommit failed',
    'KvCommit ok',
    'KvCheckTxnStatus ok',
  ]) {
    assert.ok(told.has(wanted), wanted);
  }
  assert.ok(calls.every(({ tookMs }) => tookMs >= 0));
});
