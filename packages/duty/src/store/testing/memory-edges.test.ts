import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from '@watchbill/kit';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';

const value = new Uint8Array([120]);
const CONTROL = 'a\u0000';

function open(): MemoryStore {
  return createMemoryStore({ clock: createVirtualClock() });
}

async function put(store: MemoryStore, key: string, lease?: string): Promise<void> {
  const write = { key, value, ...(lease === undefined ? {} : { lease }) };
  assert.deepEqual(await store.transact([{ compares: [], writes: [write] }]), [{ outcome: 'applied' }]);
}

describe('a prefix or a page that no key can have is refused', () => {
  const refused = { name: 'StoreFault', code: 'refused' };

  test('by list', async () => {
    await assert.rejects(open().list(CONTROL), refused);
    await assert.rejects(open().list('', { after: CONTROL }), refused);
  });

  test('by watch', async () => {
    await assert.rejects(open().watch(CONTROL, { onChange: () => {}, onResync: () => {} }).ready, refused);
  });

  test('with a short text, however long the key is', async () => {
    await assert.rejects(open().read([CONTROL.repeat(10_000)]), {
      name: 'StoreFault',
      message: /^.{1,999}$/s,
    });
  });
});

describe('a lease past its deadline is gone although its timer is late', () => {
  /** Its time is set by the test, and its sleepers never wake. */
  function lateClock() {
    const clock = { nowMs: 0 };
    const late: Clock = {
      ...createVirtualClock(),
      monotonicMs: () => clock.nowMs,
      sleep: () => new Promise(() => {}),
    };
    return Object.assign(clock, { clock: late });
  }

  test('for a read, and for a snapshot', async () => {
    for (const look of [
      async (store: MemoryStore) => (await store.read(['leased']))[0] ?? null,
      async (store: MemoryStore) => store.snapshot().records.get('leased') ?? null,
    ]) {
      const late = lateClock();
      const store = createMemoryStore({ clock: late.clock });
      await put(store, 'leased', (await store.grantLease(1_000)).id);
      assert.notEqual(await look(store), null);
      late.nowMs = 1_000;
      assert.equal(await look(store), null);
    }
  });
});

describe('values', () => {
  test('a value that was listed can be changed without changing the store', async () => {
    const store = open();
    await put(store, 'a');
    (await store.list('')).records[0]?.value.fill(0);
    assert.deepEqual((await store.list('')).records, [{ key: 'a', value }]);
  });

  test('a watcher that changes the value it got changes neither the value of the next one nor the written one', async () => {
    const store = open();
    const seen: number[] = [];
    for (const handler of ['first', 'second']) {
      const onChange = ({ value: got }: { readonly value: Uint8Array | null }) => {
        seen.push(got?.[0] ?? -1);
        got?.fill(0);
      };
      await store.watch('', { onChange, onResync: () => assert.fail(handler) }).ready;
    }
    await put(store, 'a');
    assert.deepEqual([seen, value[0]], [[120, 120], 120]);
  });
});

test('a change that was made just before the store closed is not reported', async () => {
  const store = open();
  const seen: string[] = [];
  const watch = store.watch('', { onChange: ({ key }) => seen.push(key), onResync: () => {} });
  await watch.ready;
  const written = put(store, 'a');
  const closed = store.close();
  await Promise.all([written, closed]);
  assert.deepEqual(seen, []);
});

test('a watch of a closed store fails, also if its user does not wait for it', async () => {
  const store = open();
  await store.close();
  const { ready } = store.watch('', { onChange: () => {}, onResync: () => {} });
  // An unhandled rejection would be reported by now.
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(ready, { code: 'closed' });
});

test('health counts the records, and names a closed store', async () => {
  const store = open();
  await put(store, 'a');
  const plain = { members: [], quorumMargin: null, term: null };
  assert.deepEqual(await store.health(), { ok: true, detail: '1 records in memory', ...plain });
  await store.close();
  assert.deepEqual(await store.health(), { ok: false, detail: 'the memory store is closed', ...plain });
});

test('a Buffer that the caller changes later does not change the store', async () => {
  const store = open();
  const buffer = Buffer.from('abc');
  await store.transact([{ compares: [], writes: [{ key: 'k', value: buffer }] }]);
  buffer.fill(0);
  const [read] = await store.read(['k']);
  assert.deepEqual(read, new Uint8Array(Buffer.from('abc')));
  read?.fill(0);
  assert.deepEqual(await store.read(['k']), [new Uint8Array(Buffer.from('abc'))]);
});
