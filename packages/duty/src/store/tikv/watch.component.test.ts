import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../port.ts';
import { text } from '../testing/conformance/expect.ts';
import { bench, bytes, run, transaction, until } from './testing/fake-bench.ts';
import type { FakeCluster } from './testing/fake-cluster.ts';

const TTL_MS = 10_000;

/** A watch of the key `s` that has begun, and the values that it reports. */
async function watched(store: Store) {
  const told: (string | null)[] = [];
  const watch = store.watch('s', { onChange: ({ value }) => told.push(text(value)), onResync: () => {} });
  await watch.ready;
  return { told, watch };
}

/**
 * From now on no look ends, until the returned function is called; anything else goes on. Settles when a look
 * is under way, so that none has a timestamp between now and then.
 */
async function blindfold(cluster: FakeCluster): Promise<() => void> {
  const busy = { regionError: { message: 'busy', serverIsBusy: { reason: 'blind' } } };
  cluster.fate = ({ method }) => (method === 'KvScan' ? busy : 'pass');
  const before = cluster.count('KvScan');
  await until(() => cluster.count('KvScan') > before + 1);
  return () => {
    cluster.fate = () => 'pass';
  };
}

test('a key whose lease ended and that was written again between two polls is reported as gone and then as new', async (context) => {
  const { cluster, store } = await bench(context, { watchIntervalMs: 10 });
  const { told, watch } = await watched(store);
  const lease = await store.grantLease(TTL_MS);
  await store.transact([{ compares: [], writes: [{ key: 's', value: bytes('mine'), lease: lease.id }] }]);
  await until(() => told.includes('mine'));
  const see = await blindfold(cluster);
  cluster.skewMs += TTL_MS + 1_000;
  assert.deepEqual(await run(store, transaction({ s: 'theirs' }, { s: null })), { outcome: 'applied' });
  see();
  await until(() => told.includes('theirs'));
  assert.deepEqual(told, ['mine', null, 'theirs']);
  watch.stop();
});

test('a key that moves to another lease while the first is alive is not told as gone', async (context) => {
  const { cluster, store } = await bench(context, { watchIntervalMs: 10 });
  const { told, watch } = await watched(store);
  for (const value of ['one', 'two']) {
    const lease = await store.grantLease(TTL_MS);
    const see = await blindfold(cluster);
    await store.transact([{ compares: [], writes: [{ key: 's', value: bytes(value), lease: lease.id }] }]);
    see();
    await until(() => told.includes(value));
  }
  assert.deepEqual(told, ['one', 'two']);
  watch.stop();
});
