import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { fakeServer } from '../grpc/testing/fake-grpc.ts';
import { expectFault } from '../testing/conformance/expect.ts';
import type { TikvWentBack } from './options.ts';
import { openTikvStore } from './store.ts';
import { bench, first, run, texts, transaction } from './testing/fake-bench.ts';

const clock = systemClock();
/** No program listens there. The system could give the port of a closed server to the next test. */
const NOBODY = '127.0.0.1:1';

const opening = (endpoints: readonly string[], callTimeoutMs = 2_000) =>
  openTikvStore({ endpoints, clock, callTimeoutMs });

describe('PD', { concurrency: true }, () => {
  test('whose leader changes is followed, in the middle of everything', async (context) => {
    const { cluster, store } = await bench(context);
    for (const [round, leader] of [1, 2, 0, 1].entries()) {
      cluster.pdLeader = leader;
      assert.deepEqual(await run(store, transaction({ a: `${round}` })), { outcome: 'applied' });
    }
    assert.deepEqual(await texts(store, ['a']), ['3']);
  });

  test('that loses its connection or its answers is asked again', async (context) => {
    const { cluster, store } = await bench(context);
    for (const fate of [
      'break-before',
      'break-after',
      'lose-answer',
      { status: 14, text: 'not leader' },
    ] as const) {
      first(cluster, 'Tso', fate);
      assert.deepEqual(await run(store, transaction({ a: 'x' })), { outcome: 'applied' });
    }
  });

  test('of which one named member is dead is still found', async (context) => {
    const { cluster } = await bench(context);
    const store = await openTikvStore({ endpoints: [NOBODY, cluster.endpoints[2] ?? ''], clock });
    assert.deepEqual(await texts(store, ['a']), [null]);
    await store.close();
  });

  test('that cannot be reached ends the opening in time, with the address and what to do', async () => {
    const fault = await expectFault(opening([NOBODY]), 'unavailable');
    assert.ok(fault.message.includes(NOBODY));
    assert.match(fault.remedy, /check the address/);
  });

  test('that answers nothing ends the opening in time', async (context) => {
    const silent = await fakeServer(() => 'silence');
    context.after(() => silent.close());
    await expectFault(opening([silent.address]), 'unavailable');
  });

  test('that is another program is a fault that names it', async (context) => {
    const other = await fakeServer(() => ({ status: 12, text: 'unknown service pdpb.PD' }));
    context.after(() => other.close());
    const remedy = /members of PD/;
    await assert.rejects(opening([other.address], 10_000), { name: 'StoreFault', code: 'refused', remedy });
  });

  test('without stores is a fault that says so', async (context) => {
    const { cluster } = await bench(context);
    const header = { clusterId: 77n, error: { type: 2, message: 'not bootstrapped' } };
    first(cluster, 'GetRegion', { answer: { header } }, 9_999);
    await assert.rejects(opening(cluster.endpoints), { name: 'StoreFault', remedy: /start the stores/ });
  });
});

describe('another cluster at the same addresses', () => {
  test('is damaged, reported once for each call, and no call is answered', async (context) => {
    const told: TikvWentBack[] = [];
    const { cluster, store } = await bench(context, { onWentBack: (detail) => told.push(detail) });
    await run(store, transaction({ a: 'x' }));
    cluster.clusterId = 78n;
    const damaged = { name: 'StoreFault', code: 'damaged', message: /cluster 78.*cluster 77/ };
    await assert.rejects(run(store, transaction({ a: 'y' }, { a: 'x' })), damaged);
    await assert.rejects(store.read(['a']), damaged);
    await assert.rejects(store.list(''), damaged);
    assert.equal((await store.health({ timeoutMs: 500 })).ok, false);
    assert.ok(told.length >= 3);
    assert.deepEqual([told[0]?.before.clusterId, told[0]?.now.clusterId], ['77', '78']);
    cluster.clusterId = 77n;
    assert.deepEqual(await texts(store, ['a']), ['x']);
  });

  test('shows in the header of an answer too', async (context) => {
    const { cluster, store } = await bench(context);
    first(cluster, 'Tso', {
      answer: { header: { clusterId: 5n }, count: 1, timestamp: { physical: 1n << 41n } },
    });
    await assert.rejects(store.read(['a']), { code: 'damaged', message: /cluster 5/ });
  });
});

test('timestamps that go back are damaged, and told', async (context) => {
  const told: TikvWentBack[] = [];
  const { cluster, store } = await bench(context, { onWentBack: (detail) => told.push(detail) });
  const physical = BigInt(Date.now() - 3_600_000);
  first(cluster, 'Tso', { answer: { header: { clusterId: 77n }, count: 1, timestamp: { physical } } });
  await assert.rejects(store.read(['a']), { code: 'damaged', message: /went back/ });
  assert.equal(told.length, 1);
});

for (const skewMs of [3_600_000, -3_600_000]) {
  test(`a clock of this machine that is an hour away from PD’s (${skewMs} ms) changes no record and no lease, and is reported`, async (context) => {
    const { cluster, another, logged } = await bench(context);
    cluster.skewMs = skewMs;
    const store = await another();
    const lease = await store.grantLease(60_000);
    const writes = [{ key: 'l', value: Uint8Array.of(1), lease: lease.id }];
    assert.deepEqual(await store.transact([{ compares: [{ key: 'l', value: null }], writes }]), [
      { outcome: 'applied' },
    ]);
    assert.equal(await store.keepLeaseAlive(lease.id), 'alive');
    assert.deepEqual(await texts(store, ['l']), ['\u0001']);
    if (skewMs > 0) assert.ok(logged.some((line) => line.includes("behind PD's")));
  });
}
