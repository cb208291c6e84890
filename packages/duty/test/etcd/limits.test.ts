import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Store, Transaction } from '@watchbill/duty/store';
import { openEtcdStore } from '@watchbill/duty/store/etcd';
import { systemClock } from '@watchbill/kit';
import { type EtcdCluster, startEtcdCluster } from '@watchbill/testkit';
import { BINARIES } from './binaries.ts';

/** As the store takes for granted, and as etcd has by default. */
const MAX_TXN_OPS = 128;
const OPERATIONS = 2;
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
  describe(`the limits of etcd ${binary}`, () => {
    let cluster: EtcdCluster;
    let smaller: EtcdCluster;
    before(async () => {
      cluster = await startEtcdCluster({ binary, members: 1 });
      smaller = await startEtcdCluster({ binary, members: 1, maxTxnOps: MAX_TXN_OPS - 1 });
    });
    after(() => Promise.all([cluster?.close(), smaller?.close()]));
    const open = (prefix: string, { endpoints } = cluster): Promise<Store> =>
      openEtcdStore({ endpoints, prefix, clock: systemClock(), callTimeoutMs: CALL_TIMEOUT_MS });

    test('batches that use it to the last operation are taken', async () => {
      const store = await open('/fits/');
      const units = Array.from({ length: 2 * MAX_TXN_OPS }, (_, unit) => creation(unit));
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

    test('one operation more is refused, and nothing of it is applied', async () => {
      const store = await open('/over/', smaller);
      const units = Array.from({ length: MAX_TXN_OPS }, (_, unit) => creation(unit, 1));
      await assert.rejects(store.transact(units), {
        name: 'StoreFault',
        code: 'refused',
        message: /too many operations/,
      });
      assert.deepEqual((await store.list('')).records, []);
      await store.close();
    });

    test('a batch that is large in bytes goes in several requests', async () => {
      const store = await open('/large/');
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
