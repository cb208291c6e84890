import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store, StoreFault } from '@watchbill/duty/store';
import { type EtcdUser, openEtcdStore } from '@watchbill/duty/store/etcd';
import { expectFault } from '@watchbill/duty/store/testing/conformance';
import { systemClock } from '@watchbill/kit';
import { type EtcdCluster, startEtcdCluster, waitFor } from '@watchbill/testkit';
import { put } from '../support/put.ts';
import { BINARIES, ELECTION_MS } from './binaries.ts';

const ROOT = 'root:root-pass';
const USER: EtcdUser = { user: 'watchbill', password: 'the-secret-word' };
const TOKEN_TTL_SECONDS = 1;
/** Far above what a machine that stands still for a moment takes. */
const CALL_TIMEOUT_MS = 20_000;
const WAIT = { timeoutMs: 60_000, everyMs: 10 };

/** Authentication on, and one user who may read and write under `/watchbill/` only. */
async function enableAuth(cluster: EtcdCluster): Promise<void> {
  for (const [user, password] of [
    ['root', 'root-pass'],
    [USER.user, USER.password],
  ] as const) {
    await cluster.etcdctl(['user', 'add', user, '--interactive=false'], { input: `${password}\n` });
  }
  await cluster.etcdctl(['role', 'add', 'claims']);
  await cluster.etcdctl(['role', 'grant-permission', 'claims', '--prefix=true', 'readwrite', '/watchbill/']);
  await cluster.etcdctl(['user', 'grant-role', USER.user, 'claims']);
  await cluster.etcdctl(['user', 'grant-role', 'root', 'root']);
  await cluster.etcdctl(['auth', 'enable']);
}

/** A fault that says what to do, and never the password. */
async function refusal(call: Promise<unknown>): Promise<StoreFault> {
  const fault = await expectFault(call, 'refused');
  assert.doesNotMatch(`${fault.message} ${fault.remedy} ${String(fault.cause)}`, /the-secret-word/);
  return fault;
}

for (const binary of BINARIES) {
  describe(`etcd ${binary} with authentication`, () => {
    let cluster: EtcdCluster;
    before(async () => {
      cluster = await startEtcdCluster({
        binary,
        authTokenTtlSeconds: TOKEN_TTL_SECONDS,
        electionMs: ELECTION_MS,
      });
      await enableAuth(cluster);
    });
    after(() => cluster?.close());

    const open = (auth: EtcdUser | undefined, prefix = '/watchbill/'): Promise<Store> =>
      openEtcdStore({
        endpoints: cluster.endpoints,
        prefix,
        clock: systemClock(),
        callTimeoutMs: CALL_TIMEOUT_MS,
        ...(auth === undefined ? {} : { auth }),
      });

    test('everything the store does is allowed to a user with a role on the prefix', async () => {
      const store = await open(USER);
      const seen: string[] = [];
      const watch = store.watch('a/', { onChange: ({ key }) => seen.push(key), onResync: () => {} });
      await watch.ready;
      await put(store, 'a/1');
      const lease = await store.grantLease(60_000);
      await store.transact([
        { compares: [], writes: [{ key: 'a/2', value: Buffer.from('1'), lease: lease.id }] },
      ]);
      assert.equal(await store.keepLeaseAlive(lease.id), 'alive');
      await store.revokeLease(lease.id);
      assert.deepEqual(
        (await store.list('a/')).records.map(({ key }) => key),
        ['a/1'],
      );
      const health = await store.health();
      assert.equal(health.ok, true, health.detail);
      assert.equal(health.members.length, 3);
      await waitFor('the change is seen', () => seen.includes('a/2'), WAIT);
      watch.stop();
      await store.close();
    });

    test('a token that has expired is renewed, once for many callers', async () => {
      const store = await open(USER);
      await put(store, 'b/1');
      await sleep(3_000 * TOKEN_TTL_SECONDS);
      await Promise.all(Array.from({ length: 20 }, (_, index) => put(store, `b/late/${index}`)));
      assert.equal((await store.list('b/')).records.length, 21);
      await store.close();
    });

    test('users and roles change under way: calls and watches go on', async () => {
      const store = await open(USER);
      await put(store, 'c/1');
      await cluster.etcdctl(['role', 'add', `other-${Date.now()}`], { user: ROOT });
      await put(store, 'c/2');
      await cluster.etcdctl(['role', 'add', `more-${Date.now()}`], { user: ROOT });
      const watch = store.watch('c/', { onChange: () => {}, onResync: () => {} });
      await watch.ready;
      watch.stop();
      await store.close();
    });

    test('a wrong password, no user and a foreign prefix are refused, each with what to do', async () => {
      const wrong = await refusal(open({ ...USER, password: 'not the-secret-word'.replace('the-', '') }));
      assert.match(wrong.remedy, /check user and password/);
      const nobody = await refusal(open(undefined));
      assert.match(nobody.remedy, /configure user and password/);
      const foreign = await refusal(open(USER, '/other/'));
      assert.match(foreign.remedy, /grant the user a role/);
    });

    test('all members are restarted: calls go on', async () => {
      const store = await open(USER);
      await put(store, 'd/1');
      await cluster.stopAll();
      await cluster.startAll();
      await put(store, 'd/2');
      assert.equal((await store.list('d/')).records.length, 2);
      await store.close();
    });
  });
}
