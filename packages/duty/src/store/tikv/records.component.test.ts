import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeEntry, decodeLease, encodeEntry, encodeLease } from './records.ts';
import { bench, bytes, inTikv, run, texts, transaction, until } from './testing/fake-bench.ts';

const values = fc.uint8Array({ maxLength: 300 });

test('a record comes back as it was kept, with its lease; it is never empty', () => {
  const leases = fc.option(fc.bigInt({ min: 1n, max: 2n ** 63n }).map(String));
  fc.assert(
    fc.property(values, leases, (value, lease) => {
      const kept = encodeEntry({ value, lease });
      assert.ok(kept.length > 0);
      assert.deepEqual(decodeEntry(kept), { value, lease });
    }),
  );
});

test('a lease comes back as it was kept', () => {
  const record = { ttlMs: 10_000, endsAtMs: 1_800_000_000_123 };
  assert.deepEqual(decodeLease(encodeLease(record)), record);
  assert.equal(decodeLease(encodeLease(record).slice(1)), null);
});

test('bytes that are cut off or begin otherwise are not a record', () => {
  const leased = encodeEntry({ value: bytes('v'), lease: '123456' });
  for (const garbage of [new Uint8Array(), bytes('garbage'), leased.slice(0, 5), Uint8Array.of(0x77, 9)]) {
    assert.equal(decodeEntry(garbage), null);
  }
});

describe('garbage under the prefix', () => {
  const damaged = { name: 'StoreFault', code: 'damaged', message: /"mark"/, remedy: /prefix/ };

  test('is damaged for a read, a list and a compare, and no write is applied', async (context) => {
    const { cluster, store } = await bench(context);
    await run(store, transaction({ other: 'x' }));
    cluster.memory.write(inTikv('mark'), bytes('{"not":"ours"}'));
    await assert.rejects(store.read(['mark']), damaged);
    await assert.rejects(store.list(''), damaged);
    await assert.rejects(run(store, transaction({ mark: '1' }, { mark: null })), damaged);
    await assert.rejects(run(store, transaction({ other: 'y' }, { mark: 'x' })), damaged);
    assert.deepEqual(await texts(store, ['other']), ['x']);
    assert.deepEqual(cluster.memory.locks(), []);
  });

  test('in place of a lease is damaged too', async (context) => {
    const { cluster, store } = await bench(context);
    cluster.memory.write(inTikv('\u0001lease/3'), bytes('garbage'));
    await assert.rejects(store.keepLeaseAlive('3'), { code: 'damaged', message: /lease 3/ });
  });

  test('that is not text as a key is damaged', async (context) => {
    const { cluster, store } = await bench(context);
    cluster.memory.write(
      Uint8Array.of(...inTikv('a'), 0xff),
      encodeEntry({ value: bytes('x'), lease: null }),
    );
    await assert.rejects(store.list(''), { code: 'damaged', message: /is not text/ });
  });

  test('makes a watch say so and look on', async (context) => {
    const { cluster, store, logged } = await bench(context, { watchIntervalMs: 10 });
    const told: string[] = [];
    const watch = store.watch('', { onChange: ({ key }) => told.push(key), onResync: () => {} });
    await watch.ready;
    cluster.memory.write(inTikv('mark'), bytes('garbage'));
    await until(() => logged.some((line) => line.includes('could not poll')));
    await run(store, transaction({ mark: 'mended' }));
    await until(() => told.includes('mark'));
    watch.stop();
  });
});
