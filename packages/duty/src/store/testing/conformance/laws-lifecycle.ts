import assert from 'node:assert/strict';
import { StoreFault } from '../../port.ts';
import { expectFault, put, texts, transaction } from './expect.ts';
import type { Law } from './harness.ts';

/** Laws about opening, closing and aborted calls. */
export const lifecycleLaws: readonly Law[] = [
  {
    name: 'a healthy engine reports that in words',
    check: async ({ store }) => {
      const health = await store.health();
      assert.equal(health.ok, true, health.detail);
      assert.notEqual(health.detail, '');
      assert.notEqual(store.kind, '');
    },
  },
  {
    name: 'after close every call is a fault `closed`, health reports it, and closing again is not a fault',
    check: async ({ store }) => {
      await put(store, { 'e/a': '1' });
      const lease = await store.grantLease(60_000);
      await store.close();
      await store.close();
      const none = { onChange: () => {}, onResync: () => {} };
      await expectFault(store.read(['e/a']), 'closed');
      await expectFault(store.list('e/'), 'closed');
      await expectFault(store.transact([transaction({ 'e/a': '2' })]), 'closed');
      await expectFault(store.transact([]), 'closed');
      await expectFault(store.grantLease(60_000), 'closed');
      await expectFault(store.keepLeaseAlive(lease.id), 'closed');
      await expectFault(store.revokeLease(lease.id), 'closed');
      await expectFault(store.watch('e/', none).ready, 'closed');
      assert.equal((await store.health()).ok, false);
    },
  },
  {
    name: 'closing ends the running calls, each with its result, a fault or `ambiguous`',
    check: async ({ store }) => {
      const keys = Array.from({ length: 50 }, (_, index) => `e/${index}`);
      const calls = keys.map((key) => store.transact([transaction({ [key]: 'x' }, { [key]: null })]));
      const settled = Promise.allSettled(calls);
      await store.close();
      for (const call of await settled) {
        if (call.status === 'rejected') assert.ok(call.reason instanceof StoreFault, String(call.reason));
        else assert.match(call.value[0]?.outcome ?? 'none', /^(applied|ambiguous)$/);
      }
    },
  },
  {
    name: 'a call whose signal was aborted before it is a fault and applies nothing',
    check: async ({ store }) => {
      await put(store, { 'e/a': '1' });
      const signal = AbortSignal.abort();
      await expectFault(store.transact([transaction({ 'e/a': '2' })], { signal }), 'unavailable');
      await expectFault(store.read(['e/a'], { signal }), 'unavailable');
      await expectFault(store.list('e/', {}, { signal }), 'unavailable');
      await expectFault(store.grantLease(60_000, { signal }), 'unavailable');
      assert.deepEqual(await texts(store, ['e/a']), ['1']);
    },
  },
  {
    name: 'a running call that is aborted ends with its result, a fault or `ambiguous`, and a read shows which',
    check: async ({ store }) => {
      const abort = new AbortController();
      const call = store.transact([transaction({ 'e/a': '1' }, { 'e/a': null })], { signal: abort.signal });
      abort.abort();
      const outcome = await call.then(
        ([result]) => result?.outcome,
        (error: unknown) => (error instanceof StoreFault ? 'fault' : String(error)),
      );
      assert.match(outcome ?? 'none', /^(applied|ambiguous|fault)$/);
      const [value] = await texts(store, ['e/a']);
      if (outcome === 'applied') assert.equal(value, '1');
      if (outcome === 'fault') assert.equal(value, null, 'a fault means that no write was applied');
    },
  },
];
