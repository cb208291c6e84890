import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '@watchbill/duty/store/testing/memory-store';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createHost, type Life } from './host.ts';
import { storeOfLife } from './host-store.ts';

const bytes = (text: string) => Buffer.from(text);

test('after a crash the process does nothing any more, and a new one counts on', async () => {
  const clock = createVirtualClock({ startMs: 0 });
  const host = createHost(clock, 'h');
  const seen: string[] = [];
  const loop = (name: string) => async (life: Life) => {
    for (let turn = 0; turn < 3; turn++) {
      await life.clock.sleep(10);
      seen.push(`${name}@${clock.nowMs()}`);
    }
  };
  const first = host.start(loop('one'));
  await clock.run(15);
  host.crash();
  assert.deepEqual([host.state(), first.alive(), host.life()], ['down', false, null]);
  await clock.run(50);
  const second = host.start(loop('two'));
  assert.equal(second.number, 2);
  await clock.run(100);
  assert.deepEqual(seen, ['one@10', 'two@60', 'two@70', 'two@80']);
});

test('a frozen process is late for everything, in order, while time goes on', async () => {
  const clock = createVirtualClock({ startMs: 0 });
  const host = createHost(clock, 'h');
  const seen: string[] = [];
  const life = host.start(async ({ clock: own }) => {
    await own.sleep(10);
    seen.push(`slept until ${own.monotonicMs()}`);
  });
  await clock.run(5);
  host.pause();
  assert.equal(host.state(), 'paused');
  life.deliver(() => seen.push('first'));
  life.deliver(() => seen.push('second'));
  let began = false;
  void life.outside(async () => {
    began = true;
  });
  await clock.run(500);
  assert.deepEqual([seen, began], [[], false]);
  host.resume();
  await clock.run(501);
  assert.deepEqual([seen, began], [['first', 'second', 'slept until 500'], true]);
});

test('a process that was frozen and then killed gets no message by the resume', async () => {
  const clock = createVirtualClock({ startMs: 0 });
  const host = createHost(clock, 'h');
  const life = host.start(() => {});
  let told = 0;
  host.pause();
  life.deliver(() => told++);
  host.crash();
  host.resume();
  await clock.run(10);
  assert.equal(told, 0);
});

test('a store call under way when the process ends takes effect and is never answered', async () => {
  const clock = createVirtualClock({ startMs: 0 });
  const inner = createMemoryStore({ clock });
  const slow = {
    ...inner,
    transact: async (...call: Parameters<typeof inner.transact>) => {
      await clock.sleep(10);
      return inner.transact(...call);
    },
  };
  const host = createHost(clock, 'h');
  let answered = false;
  const changes: string[] = [];
  const write = { compares: [], writes: [{ key: 'a', value: bytes('1') }] };
  const life = host.start(async (own) => {
    const store = storeOfLife(own, slow);
    store.watch('', { onChange: ({ key }) => changes.push(key), onResync: () => {} });
    await store.transact([write]);
    answered = true;
  });
  await clock.run(5);
  host.crash();
  const store = storeOfLife(life, slow);
  void store.transact([{ compares: [], writes: [{ key: 'b', value: bytes('1') }] }]);
  await clock.run(100);
  assert.deepEqual(
    (await inner.read(['a', 'b'])).map((value) => value !== null),
    [true, false],
  );
  assert.deepEqual([answered, changes], [false, []]);
});
