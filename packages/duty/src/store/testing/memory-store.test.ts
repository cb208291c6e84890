import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';

/** The suite of conformance has its laws: as the sound fake. */

const value = (text: string) => Buffer.from(text);

async function put(store: MemoryStore, key: string, text: string, lease?: string): Promise<void> {
  const write = { key, value: value(text), ...(lease === undefined ? {} : { lease }) };
  assert.deepEqual(await store.transact([{ compares: [], writes: [write] }]), [{ outcome: 'applied' }]);
}

async function content(store: MemoryStore): Promise<string[]> {
  return (await store.list('')).records.map((record) => `${record.key}=${Buffer.from(record.value)}`);
}

describe('memory store', () => {
  test('a restored snapshot takes the store back in time, and watches get onResync', async () => {
    const store = createMemoryStore({ clock: createVirtualClock() });
    await put(store, 'a', '1');
    const before = store.snapshot();
    await put(store, 'a', '2');
    await put(store, 'b', '1');
    let resyncs = 0;
    const watch = store.watch('', { onChange: () => {}, onResync: () => resyncs++ });
    await watch.ready;
    store.restore(before);
    assert.deepEqual(await content(store), ['a=1']);
    assert.equal(resyncs, 1);
    await put(store, 'a', '3');
    store.restore(before);
    assert.deepEqual(await content(store), ['a=1'], 'a snapshot is not changed by what comes after it');
    await store.close();
  });

  test('leases of a snapshot begin again with their full time, and their ids are never given again', async () => {
    const clock = createVirtualClock();
    const store = createMemoryStore({ clock });
    const first = await store.grantLease(1_000);
    await put(store, 'leased', 'x', first.id);
    const before = store.snapshot();
    const second = await store.grantLease(1_000);
    await clock.advance(900);
    store.restore(before);
    assert.equal(await store.keepLeaseAlive(second.id), 'expired');
    assert.notEqual((await store.grantLease(1_000)).id, second.id);
    await clock.advance(900);
    assert.deepEqual(await content(store), ['leased=x']);
    await clock.advance(100);
    assert.deepEqual(await content(store), []);
    await store.close();
  });

  test('closing leaves no sleeper behind', async () => {
    const clock = createVirtualClock();
    const store = createMemoryStore({ clock });
    await store.grantLease(1_000);
    await store.grantLease(500);
    assert.ok(clock.pending() > 0);
    await store.close();
    assert.equal(clock.pending(), 0);
  });

  test('a change that was made just before it closed is not reported', async () => {
    const store = createMemoryStore({ clock: createVirtualClock() });
    const seen: string[] = [];
    const watch = store.watch('', { onChange: ({ key }) => seen.push(key), onResync: () => {} });
    await watch.ready;
    await Promise.all([put(store, 'a', '1'), store.close()]);
    assert.deepEqual(seen, []);
  });

  test('a prefix or a page that no key can have is refused, with a short text', async () => {
    const store = createMemoryStore({ clock: createVirtualClock() });
    const control = 'a\u0000'.repeat(10_000);
    const refused = { name: 'StoreFault', code: 'refused', message: /^.{1,999}$/s };
    await assert.rejects(store.list(control), refused);
    await assert.rejects(store.list('', { after: control }), refused);
    await assert.rejects(store.watch(control, { onChange: () => {}, onResync: () => {} }).ready, refused);
  });

  test('a watcher that changes the value it got changes neither that of the next one nor the written one', async () => {
    const store = createMemoryStore({ clock: createVirtualClock() });
    const written = value('x');
    const seen: string[] = [];
    for (const handler of ['first', 'second']) {
      const onChange = ({ value: got }: { readonly value: Uint8Array | null }) => {
        seen.push(Buffer.from(got ?? []).toString());
        got?.fill(0);
      };
      await store.watch('', { onChange, onResync: () => assert.fail(handler) }).ready;
    }
    await store.transact([{ compares: [], writes: [{ key: 'a', value: written }] }]);
    assert.deepEqual([...seen, written.toString()], ['x', 'x', 'x']);
  });
});
