import assert from 'node:assert/strict';
import type { Lease, Store, TransactionResult } from '../../port.ts';
import { bytes, eventually, expectFault, put, texts, transaction } from './expect.ts';
import type { Law, LawSettings, Opened } from './harness.ts';

function putLeased(store: Store, key: string, value: string, lease: string): Promise<TransactionResult[]> {
  return store.transact([{ compares: [], writes: [{ key, value: bytes(value), lease }] }]);
}

async function leased(store: Store, key: string, settings: LawSettings): Promise<Lease> {
  const lease = await store.grantLease(settings.leaseTtlMs);
  assert.ok(lease.ttlMs >= settings.leaseTtlMs, 'a lease lives at least as long as asked');
  assert.deepEqual(await putLeased(store, key, 'here', lease.id), [{ outcome: 'applied' }]);
  return lease;
}

/** Wait until the lease must have ended: its time, and as much again for an engine that polls. */
async function untilGone(opened: Opened, store: Store, key: string, lease: Lease): Promise<void> {
  await eventually(
    opened,
    async () => assert.deepEqual(await texts(store, [key]), [null], `${key} outlives its lease`),
    { pauseMs: lease.ttlMs / 4, tries: 12 },
  );
}

const lifeLaws: readonly Law[] = [
  {
    name: 'keys of a lease vanish when it is not kept alive, for reads, lists, compares and watches',
    check: async (opened, settings) => {
      const { store } = opened;
      const [came, gone] = [new Set<string>(), new Set<string>()];
      const watch = store.watch('l/', {
        onChange: ({ key, value }) => void (value === null ? gone : came).add(key),
        onResync: () => {},
      });
      await watch.ready;
      const lease = await leased(store, 'l/a', settings);
      // An engine that polls does not report a key that came and went between two polls.
      await eventually(opened, () => assert.deepEqual([...came], ['l/a']));
      await put(store, { 'l/stays': 'x' });
      assert.deepEqual(await texts(store, ['l/a']), ['here']);
      await untilGone(opened, store, 'l/a', lease);
      const { records } = await store.list('l/');
      assert.deepEqual(
        records.map((record) => record.key),
        ['l/stays'],
      );
      // Before another caller takes the key: an engine that polls would report the new value alone.
      await eventually(opened, () => assert.deepEqual([...gone], ['l/a']));
      const [taken] = await store.transact([transaction({ 'l/a': 'next' }, { 'l/a': null })]);
      assert.deepEqual(taken, { outcome: 'applied' });
      watch.stop();
      assert.equal(await store.keepLeaseAlive(lease.id), 'expired');
    },
  },
  {
    name: 'a lease that is kept alive outlives its time, and ends when that stops',
    check: async (opened, settings) => {
      const { store } = opened;
      const lease = await leased(store, 'l/a', settings);
      for (let third = 0; third < 5; third++) {
        await opened.letTimePass(lease.ttlMs / 3);
        assert.equal(await store.keepLeaseAlive(lease.id), 'alive');
        assert.deepEqual(await texts(store, ['l/a']), ['here']);
      }
      await untilGone(opened, store, 'l/a', lease);
    },
  },
  {
    name: 'revoking a lease removes its keys now; revoking one that is gone is no fault',
    check: async ({ store }, settings) => {
      const lease = await leased(store, 'l/a', settings);
      const other = await leased(store, 'l/b', settings);
      await store.revokeLease(lease.id);
      assert.deepEqual(await texts(store, ['l/a', 'l/b']), [null, 'here']);
      assert.equal(await store.keepLeaseAlive(lease.id), 'expired');
      await store.revokeLease(lease.id);
      assert.equal(await store.keepLeaseAlive(other.id), 'alive');
    },
  },
  {
    name: 'a lease takes only the keys that were last written with it',
    check: async (opened, settings) => {
      const { store } = opened;
      const lease = await leased(store, 'l/freed', settings);
      const other = await store.grantLease(settings.leaseTtlMs * 100);
      await putLeased(store, 'l/moved', '1', lease.id);
      await putLeased(store, 'l/marker', '1', lease.id);
      await put(store, { 'l/freed': 'free' });
      await putLeased(store, 'l/moved', '2', other.id);
      await untilGone(opened, store, 'l/marker', lease);
      assert.deepEqual(await texts(store, ['l/freed', 'l/moved']), ['free', '2']);
      await store.revokeLease(other.id);
      assert.deepEqual(await texts(store, ['l/freed', 'l/moved']), ['free', null]);
    },
  },
];

const refusalLaws: readonly Law[] = [
  {
    name: 'a call that writes with an ended lease is refused and applies nothing',
    check: async ({ store }, settings) => {
      const lease = await store.grantLease(settings.leaseTtlMs);
      await store.revokeLease(lease.id);
      const writes = [{ key: 'l/a', value: bytes('x'), lease: lease.id }];
      await expectFault(store.transact([{ compares: [], writes }]), 'refused');
      await expectFault(store.transact([transaction({ 'l/b': 'x' }), { compares: [], writes }]), 'refused');
      assert.deepEqual(await texts(store, ['l/a', 'l/b']), [null, null]);
      await put(store, { 'l/a': 'still works' });
    },
  },
  {
    name: 'a lease time that is not a positive number of milliseconds is refused',
    check: async ({ store }) => {
      for (const ttlMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expectFault(store.grantLease(ttlMs), 'refused');
      }
    },
  },
  {
    name: 'every lease has a different id',
    check: async ({ store }, settings) => {
      const leases = await Promise.all(
        Array.from({ length: 20 }, () => store.grantLease(settings.leaseTtlMs)),
      );
      assert.equal(new Set(leases.map((lease) => lease.id)).size, 20);
    },
  },
];

/** Laws about leases and their keys. */
export const leaseLaws: readonly Law[] = [...lifeLaws, ...refusalLaws];
