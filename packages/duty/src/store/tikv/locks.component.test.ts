import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Op } from './gen/kvrpcpb_pb.js';
import { bench, entry, first, inTikv, lockedKeys, run, texts, transaction } from './testing/fake-bench.ts';
import { timestampOf } from './timestamp.ts';

/** A lock on a key whose primary is `primary`, of a transaction that began so long ago. */
function lockOf(key: string, primary: string, agoMs: number, ttlMs: number) {
  return {
    key: inTikv(key),
    primary: inTikv(primary),
    startTs: timestampOf(BigInt(Date.now() - agoMs), 7n),
    ttlMs: BigInt(ttlMs),
    op: Op.Put,
    value: entry('theirs'),
  };
}

describe('locks of a client that died', { concurrency: true }, () => {
  test('between prewrite and commit are rolled back when their time is over, and the next one wins', async (context) => {
    const { cluster, store, logged } = await bench(context);
    cluster.memory.lock(lockOf('a', 'a', 5_000, 1_000));
    assert.deepEqual(await run(store, transaction({ a: 'ours' }, { a: null })), { outcome: 'applied' });
    assert.deepEqual(await texts(store, ['a']), ['ours']);
    assert.ok(logged.some((line) => line.includes('rolled back')));
  });

  test('are waited for until then, and no longer', async (context) => {
    const { cluster, store } = await bench(context);
    const lock = lockOf('a', 'a', 0, 300);
    cluster.memory.lock(lock);
    assert.deepEqual(await run(store, transaction({ a: 'ours' }, { a: null })), { outcome: 'applied' });
    assert.ok(Date.now() >= Number(lock.startTs >> 18n) + 300);
  });

  test('whose time is not over by the deadline end the call as a fault; no write is applied', async (context) => {
    const { cluster, store } = await bench(context);
    cluster.memory.lock(lockOf('a', 'a', 0, 60_000));
    const call = run(store, transaction({ a: 'ours' }, { a: null }), 2_000);
    await assert.rejects(call, { name: 'StoreFault', code: 'unavailable', message: /locked by another/ });
    assert.equal(cluster.count('KvCommit'), 0);
  });

  test('after its commit of the primary are committed by the next reader', async (context) => {
    const { cluster, store } = await bench(context);
    const lock = lockOf('second', 'first', 10, 60_000);
    cluster.memory.lock({ ...lock, key: inTikv('first') });
    const done = { keys: [inTikv('first')], startVersion: lock.startTs, commitVersion: lock.startTs + 1n };
    cluster.memory.commit(done as never);
    cluster.memory.lock(lock);
    assert.deepEqual(await texts(store, ['first', 'second']), ['theirs', 'theirs']);
    assert.deepEqual(lockedKeys(cluster), []);
  });

  test('whose primary was never locked are rolled back once their time is over', async (context) => {
    const { cluster, store } = await bench(context);
    const lock = lockOf('second', 'first', 50, 350);
    cluster.memory.lock(lock);
    assert.deepEqual(await texts(store, ['second']), [null]);
    assert.ok(Date.now() >= Number(lock.startTs >> 18n) + 350, 'its prewrite may still have been on the way');
    assert.deepEqual(lockedKeys(cluster), []);
  });

  test('stand in the way of a list too', async (context) => {
    const { cluster, store } = await bench(context);
    await run(store, transaction({ 'l/1': 'x', 'l/3': 'z' }));
    cluster.memory.lock(lockOf('l/2', 'l/2', 5_000, 1_000));
    const { records } = await store.list('l/');
    assert.deepEqual(
      records.map(({ key }) => key),
      ['l/1', 'l/3'],
    );
  });
});

test('an answer to a read that names one lock for all of it says nothing about the other keys', async (context) => {
  const { cluster, store } = await bench(context);
  await run(store, transaction({ a: 'x', b: 'y' }));
  const lock = lockOf('b', 'b', 5_000, 1_000);
  const locked = { key: lock.key, primaryLock: lock.primary, lockVersion: lock.startTs, lockTtl: lock.ttlMs };
  first(cluster, 'KvBatchGet', { answer: { error: { locked } } });
  assert.deepEqual(await texts(store, ['a', 'b']), ['x', 'y']);
});

test('what only compares waits for a lock on it, and sees what was written', async (context) => {
  const { cluster, store } = await bench(context);
  await run(store, transaction({ policy: 'old' }));
  // After what was written before, also within one millisecond.
  const lock = { ...lockOf('policy', 'policy', 0, 60_000), startTs: cluster.timestamp() };
  cluster.memory.lock(lock);
  // Asked for before the other one asks for his: so it comes first, however late it arrives.
  const commitVersion = cluster.timestamp();
  setTimeout(() => {
    const keys = [inTikv('policy')];
    cluster.memory.commit({ keys, startVersion: lock.startTs, commitVersion } as never);
  }, 50);
  const result = await run(store, transaction({ mark: '1' }, { policy: 'old' }));
  assert.equal(result.outcome, 'conflict');
  assert.deepEqual(await texts(store, ['mark', 'policy']), [null, 'theirs']);
});
