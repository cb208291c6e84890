import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Store, Transaction } from '@watchbill/duty/store';
import { openEtcdStore } from '@watchbill/duty/store/etcd';
import { systemClock } from '@watchbill/kit';
import { type EtcdCluster, startEtcdCluster } from '@watchbill/testkit';
import { BINARIES } from './binaries.ts';

const MAX_TXN_OPS = 16;
const OPERATIONS = 3;
/** Far above what a machine that stands still for a moment takes. */
const CALL_TIMEOUT_MS = 20_000;

/** Creates some keys, comparing as many. */
function creation(unit: number, count = OPERATIONS): Transaction {
  const keys = Array.from({ length: count }, (_, index) => `unit/${unit}/${index}`);
  return {
    compares: keys.map((key) => ({ key, value: null })),
    writes: keys.map((key) => ({ key, value: Buffer.from(`${unit}`) })),
  };
}

for (const binary of BINARIES) {
  describe(`etcd ${binary} that takes ${MAX_TXN_OPS} operations`, () => {
    let cluster: EtcdCluster;
    before(async () => {
      cluster = await startEtcdCluster({ binary, members: 1, maxTxnOps: MAX_TXN_OPS });
    });
    after(() => cluster?.close());
    const open = (prefix: string, maxTxnOps: number): Promise<Store> =>
      openEtcdStore({
        endpoints: cluster.endpoints,
        prefix,
        maxTxnOps,
        clock: systemClock(),
        callTimeoutMs: CALL_TIMEOUT_MS,
      });

    test('takes batches that use the limit to the last operation', async () => {
      const store = await open('/fits/', MAX_TXN_OPS);
      const units = Array.from({ length: 10 * MAX_TXN_OPS }, (_, unit) => creation(unit));
      for (const outcome of ['applied', 'conflict']) {
        const results = await store.transact(units);
        assert.deepEqual(new Set(results.map((result) => result.outcome)), new Set([outcome]));
      }
      const keys = units.flatMap(({ writes }) => writes.map(({ key }) => key));
      const values = await store.read(keys);
      assert.deepEqual(
        values.map((value) => Buffer.from(value ?? []).toString()),
        units.flatMap((_, unit) => Array.from({ length: OPERATIONS }, () => `${unit}`)),
      );
      await store.close();
    });

    test('refuses one operation more, and nothing of it is applied', async () => {
      const store = await open('/over/', MAX_TXN_OPS + 1);
      const units = Array.from({ length: MAX_TXN_OPS + 1 }, (_, unit) => creation(unit, 1));
      await assert.rejects(store.transact(units), {
        name: 'StoreFault',
        code: 'refused',
        message: /too many operations/,
      });
      assert.deepEqual((await store.list('')).records, []);
      await store.close();
    });

    test('a batch that is large in bytes goes in several requests', async () => {
      const store = await open('/large/', MAX_TXN_OPS);
      const value = new Uint8Array(400_000).fill(1);
      const writes = Array.from({ length: 6 }, (_, index) => ({
        compares: [],
        writes: [{ key: `${index}`, value }],
      }));
      const results = await store.transact(writes);
      assert.deepEqual(new Set(results.map((result) => result.outcome)), new Set(['applied']));
      const tooLarge = new Uint8Array(2_000_000);
      await assert.rejects(store.transact([{ compares: [], writes: [{ key: 'x', value: tooLarge }] }]), {
        name: 'StoreFault',
        code: 'refused',
      });
      await store.close();
    });
  });
}
