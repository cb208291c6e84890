import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Store } from '@watchbill/duty/store';
import { expectFault } from '@watchbill/duty/store/testing/conformance';
import { openTikvStore, type TikvOptions } from '@watchbill/duty/store/tikv';
import { systemClock } from '@watchbill/kit';
import { freePorts } from '@watchbill/testkit';
import { startTikvCluster, type TikvCluster } from '@watchbill/testkit/tikv';
import { move } from '../etcd/history.ts';
import { STRANGERS_FOLDER, writeAsStranger } from './reference.ts';

const HOUR_MS = 3_600_000;
/** Where nothing answers, so long is asked. */
const UNANSWERED_MS = 1_500;
const CALL_TIMEOUT_MS = 20_000;

describe('what is wrong with a cluster, or with the way to it, is told', () => {
  let cluster: TikvCluster;
  before(async () => {
    cluster = await startTikvCluster();
  });
  after(() => cluster?.close());

  const open = (options: Partial<TikvOptions> = {}): Promise<Store> =>
    openTikvStore({
      endpoints: cluster.endpoints,
      clock: systemClock(),
      callTimeoutMs: CALL_TIMEOUT_MS,
      ...options,
    });

  test('nothing listens there, or something else does', async () => {
    const [nobody] = await freePorts(1);
    const opening = (...endpoints: string[]) => open({ endpoints, callTimeoutMs: UNANSWERED_MS });
    await expectFault(opening(`127.0.0.1:${nobody}`), 'unavailable');
    // Stores are no PD.
    const addresses = cluster.stores.map(({ address }) => address);
    await expectFault(opening(...addresses), 'unavailable', 'refused');
  });

  test('one of the endpoints is wrong: the others are asked', async () => {
    const [nobody] = await freePorts(1);
    const store = await open({ endpoints: [`127.0.0.1:${nobody}`, ...cluster.endpoints] });
    assert.equal(await move(store, 'wrong-endpoint', null, '1'), 'applied');
    await store.close();
  });

  test('a value that a stranger wrote under the prefix is damage, never a record', async () => {
    await writeAsStranger(cluster, '/stranger/');
    const store = await open({ prefix: '/stranger/' });
    const record = `${STRANGERS_FOLDER}/0`;
    await expectFault(store.read([record]), 'damaged');
    await expectFault(store.list(STRANGERS_FOLDER), 'damaged');
    assert.equal(await move(store, record, null, 'mine'), 'fault');
    assert.equal(await move(store, 'beside', null, 'mine'), 'applied', 'records beside it are not concerned');
    await store.close();
  });

  for (const hours of [-5, 5]) {
    test(`the clock of the client is ${hours} hours off: transactions and leases do not care`, async () => {
      const clock = systemClock();
      const store = await open({
        prefix: `/skew${hours}/`,
        clock: { ...clock, nowMs: () => clock.nowMs() + hours * HOUR_MS },
      });
      assert.equal(await move(store, 'a', null, '1'), 'applied');
      const lease = await store.grantLease(60_000);
      const writes = [{ key: 'leased', value: Buffer.from('l'), lease: lease.id }];
      assert.deepEqual(await store.transact([{ compares: [], writes }]), [{ outcome: 'applied' }]);
      assert.notEqual((await store.read(['leased']))[0], null);
      assert.equal(await store.keepLeaseAlive(lease.id), 'alive');
      await store.close();
    });
  }

  test('another cluster took its place: nothing is answered, and the service hears of it', async () => {
    let told = 0;
    const store = await open({ prefix: '/replaced/', onWentBack: () => (told += 1) });
    assert.equal(await move(store, 'a', null, '1'), 'applied');
    const { ports } = cluster;
    await cluster.close();
    cluster = await startTikvCluster({ ports });
    await expectFault(store.read(['a'], { timeoutMs: 10_000 }), 'damaged');
    const compares = [{ key: 'a', value: null }];
    const writes = [{ key: 'a', value: Buffer.from('2') }];
    await expectFault(store.transact([{ compares, writes }]), 'damaged');
    assert.ok(told > 0, 'onWentBack was called');
    const health = await store.health();
    assert.equal(health.ok, false, health.detail);
    await store.close();
    const anew = await open({ prefix: '/replaced/' });
    assert.deepEqual(await anew.read(['a']), [null], 'nothing was written to the other cluster');
    await anew.close();
  });
});
