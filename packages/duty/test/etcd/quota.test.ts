import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEtcdStore } from '@watchbill/duty/store/etcd';
import { systemClock } from '@watchbill/kit';
import { startEtcdCluster } from '@watchbill/testkit';
import { BINARIES } from './binaries.ts';

const QUOTA_BYTES = 2_000_000;
const VALUE_BYTES = 50_000;
const MAX_WRITES = 200;
/** Far above what a machine that stands still for a moment takes. */
const CALL_TIMEOUT_MS = 20_000;

for (const binary of BINARIES) {
  test(`etcd ${binary} out of space: writes are ambiguous for that reason, reads go on, room makes it work again`, async () => {
    const cluster = await startEtcdCluster({ binary, members: 1, quotaBytes: QUOTA_BYTES });
    try {
      const store = await openEtcdStore({
        endpoints: cluster.endpoints,
        clock: systemClock(),
        callTimeoutMs: CALL_TIMEOUT_MS,
      });
      const write = (key: string) =>
        store.transact([{ compares: [], writes: [{ key, value: new Uint8Array(VALUE_BYTES).fill(7) }] }]);
      let refused = (await write('x'))[0];
      for (let index = 0; refused?.outcome === 'applied' && index < MAX_WRITES; index += 1)
        refused = (await write('x'))[0];
      assert.equal(refused?.outcome, 'ambiguous');
      assert.equal(refused?.outcome === 'ambiguous' && refused.cause.code, 'full');
      assert.equal((await store.read(['x']))[0]?.length, VALUE_BYTES);
      const compared = [{ key: 'x', value: new Uint8Array(VALUE_BYTES).fill(7) }];
      assert.deepEqual(await store.transact([{ compares: compared, writes: [] }]), [{ outcome: 'applied' }]);
      await assert.rejects(store.grantLease(60_000), { name: 'StoreFault', code: 'full' });
      const health = await store.health();
      assert.equal(health.ok, false);
      assert.match(health.detail, /NOSPACE/);
      const state = JSON.parse(await cluster.etcdctl(['endpoint', 'status', '-w', 'json']));
      await cluster.etcdctl(['compact', `${state[0].Status.header.revision}`]);
      await cluster.etcdctl(['defrag']);
      await cluster.etcdctl(['alarm', 'disarm']);
      assert.deepEqual(await write('y'), [{ outcome: 'applied' }]);
      assert.equal((await store.health()).ok, true);
      await store.close();
    } finally {
      await cluster.close();
    }
  });
}
