import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault, type WatchHandlers } from '../../store/index.ts';
import { contextOf, memoryStore, put } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import { createMirror } from './mirror.ts';

/** A mirror of the records under `token/`; the text `bad` cannot be read. The test sends its hints. */
async function ground(context: TestContext) {
  const inner = memoryStore(context);
  await put(inner, 'token/a', 'one');
  await put(inner, 'token/b', 'two');
  const logged: unknown[] = [];
  let handlers: WatchHandlers = { onChange: () => assert.fail('no watch'), onResync: () => undefined };
  let lists = 0;
  const state = { broken: false, during: (): void => {} };
  const store: Store = {
    ...inner,
    watch: (_prefix, given) => {
      handlers = given;
      return { ready: Promise.resolve(), stop: () => undefined };
    },
    list: async (...asked) => {
      lists += 1;
      if (state.broken) throw new StoreFault('unavailable', 'no answer', 'wait');
      const page = await inner.list(...asked);
      state.during();
      return page;
    },
  };
  const note = (...line: unknown[]) => void logged.push(line);
  const core = contextOf(context, { store, log: { info: note, warn: note, error: note } });
  const decode = (_key: string, text: string) => {
    if (text.startsWith('bad')) throw new Error('no such form');
    return text;
  };
  const mirror = await createMirror(core, { prefix: 'token/', decode });
  const hint = (key: string, text: string | null) =>
    handlers.onChange({ key, value: text === null ? null : Buffer.from(text) });
  const all = () => Object.fromEntries(mirror.entries());
  const resync = () => handlers.onResync();
  return { mirror, inner, state, hint, all, logged, stale: core.stale, lists: () => lists, resync };
}

test('a mirror reads once its watch is ready, or has no more time; if the watch was late, it reads again', async (context) => {
  const clock = clockOf(context);
  const inner = memoryStore(context);
  for (const [readyMs, readsMs, later] of [
    [700, 700, 'valid'],
    // No hint came for the changes before it was ready.
    [60_000, 2_000, 'revoked'],
  ] as const) {
    await put(inner, 'token/a', 'valid');
    const reads: number[] = [];
    const beganMs = clock.nowMs();
    const store: Store = {
      ...inner,
      // A watch that is in time would report the change itself; this one reports nothing.
      watch: () => ({ ready: clock.sleep(readyMs), stop: () => undefined }),
      list: (...asked) => {
        reads.push(clock.nowMs() - beganMs);
        return inner.list(...asked);
      },
    };
    const decode = (_key: string, text: string) => text;
    const mirror = await createMirror(contextOf(context, { store }), { prefix: 'token/', decode });
    assert.deepEqual(reads, [readsMs]);
    await put(inner, 'token/a', 'revoked');
    assert.equal(mirror.get('token/a'), 'valid');
    await clock.sleep(60_000);
    assert.equal(mirror.get('token/a'), later);
  }
});

test('a record that cannot be read is logged, and leaves the mirror', async (context) => {
  const { hint, all, logged } = await ground(context);
  hint('token/a', 'bad');
  assert.deepEqual(all(), { 'token/b': 'two' });
  const event = { event: 'record-unreadable', key: 'token/a', error: 'Error: no such form' };
  assert.deepEqual(logged, [[event, 'a record cannot be read']]);
});

test('a record that is written or read again as it was wakes no listener; a reading of everything does', async (context) => {
  const { mirror, hint } = await ground(context);
  const woken: string[] = [];
  mirror.onChange((key) => void woken.push(key));
  hint('token/a', 'one');
  mirror.set('token/a', 'one');
  mirror.set('token/none', null);
  assert.deepEqual(woken, []);
  mirror.set('token/a', 'two');
  hint('token/a', null);
  assert.deepEqual(woken, ['token/a', 'token/a']);
  await mirror.refresh();
  assert.deepEqual(woken.slice(2), ['token/a', 'token/b']);
});

test('a reading drops records that are gone, but for those that changed since it began', async (context) => {
  const { mirror, inner, hint, all, state } = await ground(context);
  await put(inner, 'token/a', null);
  await mirror.refresh();
  assert.deepEqual(all(), { 'token/b': 'two' });
  state.during = () => {
    hint('token/b', 'newer');
    hint('token/d', 'four');
  };
  await mirror.refresh();
  assert.deepEqual(all(), { 'token/b': 'newer', 'token/d': 'four' });
  state.during = () => undefined;
  await mirror.refresh();
  assert.deepEqual(all(), { 'token/b': 'two' }, 'a change before the reading began does not count');
});

test('a reading that fails is tried again, later each time, until the mirror stops; the log has its begin and end', async (context) => {
  const { mirror, resync, logged, stale, state, lists } = await ground(context);
  const clock = clockOf(context);
  state.broken = true;
  resync();
  await clock.sleep(250);
  assert.equal(lists(), 3);
  await clock.sleep(300);
  assert.equal(lists(), 3);
  await clock.sleep(100);
  assert.equal(lists(), 4);
  const event = { event: 'mirror-stale', prefix: 'token/', error: 'StoreFault: no answer' };
  const begin = [event, 'copies of records are out of date, until the store answers'];
  assert.deepEqual(logged.splice(0), [begin]);
  await clock.sleep(100_000);
  const often = lists();
  await clock.sleep(10_000);
  assert.equal(lists(), often + 2, 'a pause lasts five seconds at most');
  stale.add('policy/');
  state.broken = false;
  await clock.sleep(5_000);
  assert.equal(logged.length, 0, 'another copy is out of date still');
  stale.clear();
  for (const broken of [true, false]) {
    state.broken = broken;
    resync();
    await clock.sleep(1_000);
  }
  const end = [{ event: 'mirror-fresh' }, 'the copies of records are up to date again'];
  assert.deepEqual(logged, [begin, end]);
  const read = lists();
  state.broken = true;
  resync();
  mirror.stop();
  await clock.sleep(60_000);
  assert.equal(lists(), read + 1);
});

test('however often a store asks to be read again, one reading is under way and a last one follows', async (context) => {
  const { inner, resync, state, lists, all } = await ground(context);
  const before = lists();
  state.during = () => {
    state.during = () => undefined;
    for (let time = 0; time < 20; time++) resync();
    void put(inner, 'token/a', 'last');
  };
  resync();
  await clockOf(context).sleep(1_000);
  assert.equal(lists() - before, 2);
  assert.equal(all()['token/a'], 'last');
});
