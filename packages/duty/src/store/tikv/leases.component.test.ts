import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Op, type PrewriteRequest } from './gen/kvrpcpb_pb.js';
import {
  assertCount,
  type Bench,
  bench,
  bytes,
  run,
  texts,
  transaction,
  until,
} from './testing/fake-bench.ts';

const TTL_MS = 10_000;

async function leased({ store }: Bench): Promise<string> {
  const { id } = await store.grantLease(TTL_MS);
  const writes = [{ key: 'session', value: bytes('here'), lease: id }];
  assert.deepEqual(await store.transact([{ compares: [], writes }]), [{ outcome: 'applied' }]);
  return id;
}

/** PD's clock passes the end of every lease while the next call of this method is under way. */
function passEndAt({ cluster }: Bench, method: string): void {
  const from = cluster.count(method);
  cluster.fate = (call) => {
    if (call.method === method && call.before === from) cluster.skewMs += TTL_MS + 1_000;
    return 'pass';
  };
}

describe('a lease that ends between the lock and the commit', () => {
  test('is not brought back by keeping it alive', async (context) => {
    const on = await bench(context);
    const id = await leased(on);
    passEndAt(on, 'KvPrewrite');
    assert.equal(await on.store.keepLeaseAlive(id), 'expired');
    assert.deepEqual(await texts(on.store, ['session']), [null]);
    assert.deepEqual(on.cluster.memory.locks(), []);
  });

  test('refuses a write that hangs on it', async (context) => {
    const on = await bench(context);
    const id = await leased(on);
    passEndAt(on, 'KvPrewrite');
    const writes = [{ key: 'other', value: bytes('x'), lease: id }];
    await assert.rejects(on.store.transact([{ compares: [], writes }]), {
      code: 'refused',
      message: /lease/,
    });
    assert.deepEqual(await texts(on.store, ['other']), [null]);
    assert.deepEqual(on.cluster.memory.locks(), []);
  });

  test('makes a compare of its key fail, whether the key is written too or not', async (context) => {
    for (const writes of [{ mark: 'x' }, { session: 'x' }]) {
      const on = await bench(context);
      await leased(on);
      passEndAt(on, 'KvPrewrite');
      const result = await run(on.store, transaction(writes, { session: 'here' }));
      assert.equal(result.outcome, 'conflict');
      assert.deepEqual(result.outcome === 'conflict' && result.current, [null]);
      assert.deepEqual(await texts(on.store, ['mark', 'session']), [null, null]);
    }
  });
});

test('a transaction that compares the session of a service reads its lease in the same round trip', async (context) => {
  const on = await bench(context);
  await leased(on);
  await run(on.store, transaction({ a: '1' }, { session: 'here' }));
  const [before, lost] = [on.cluster.count('KvBatchGet'), on.lost('KvBatchGet')];
  await run(on.store, transaction({ a: '2' }, { session: 'here' }));
  assertCount(on.cluster.count('KvBatchGet') - before, 1, on.lost('KvBatchGet') - lost);
});

test('records of leases that ended long ago are removed when another is granted, others are not', async (context) => {
  const { cluster, store } = await bench(context);
  const removed = (id: string): boolean =>
    cluster.calls.some(({ method, request }) => {
      if (method !== 'KvPrewrite') return false;
      const { mutations } = request as PrewriteRequest;
      return mutations.some(({ op, key }) => op === Op.Del && Buffer.from(key).toString().endsWith(id));
    });
  const { id: old } = await store.grantLease(TTL_MS);
  cluster.skewMs += 2 * 3_600_000;
  const { id: recent } = await store.grantLease(1);
  const { id: living } = await store.grantLease(TTL_MS);
  await until(() => removed(old));
  assert.ok(!removed(recent) && !removed(living));
  assert.equal(await store.keepLeaseAlive(living), 'alive');
});

test('an id that no lease can have is refused', async (context) => {
  const { store } = await bench(context);
  for (const id of ['', '0', 'x', '../mark', '-1']) {
    await assert.rejects(store.keepLeaseAlive(id), { code: 'refused' });
    await assert.rejects(store.revokeLease(id), { code: 'refused' });
  }
});
