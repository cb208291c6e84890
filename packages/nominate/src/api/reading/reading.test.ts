import assert from 'node:assert/strict';
import test from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { StorageFault } from '../../storage/port.ts';
import { inTime } from './in-time.ts';
import { kept } from './kept.ts';
import { replayCache } from './replay-cache.ts';
import { shared } from './shared.ts';

test('a cached value is made once, and the least recently used one is dropped', async () => {
  const made: string[] = [];
  const cache = kept<string>(2, () => 1);
  const get = (key: string) =>
    cache.get(key, async () => {
      made.push(key);
      return key.toUpperCase();
    });
  assert.deepEqual(await Promise.all([get('a'), get('a'), get('b')]), ['A', 'A', 'B']);
  await get('a');
  await get('c');
  assert.equal(cache.peek('b'), undefined);
  assert.equal(cache.peek('a'), 'A');
  await get('b');
  assert.deepEqual(made, ['a', 'b', 'c', 'b']);
});

test('a value larger than the cache is returned and not kept, and evicts none', async () => {
  const cache = kept<string>(3, (text) => text.length);
  await cache.get('a', async () => 'aa');
  assert.equal(await cache.get('b', async () => 'bbbb'), 'bbbb');
  assert.equal(cache.peek('b'), undefined);
  assert.equal(cache.peek('a'), 'aa');
});

test('a failure is not kept: the next request tries again', async () => {
  const cache = kept<string>(1, () => 1);
  await assert.rejects(cache.get('a', () => Promise.reject(new Error('no'))));
  assert.equal(await cache.get('a', async () => 'yes'), 'yes');
});

test('a reading is shared while it is fresh, a failed one only with the callers that wait for it', async () => {
  let nowMs = 0;
  let ran = 0;
  let fails = true;
  const read = shared(
    async () => {
      ran += 1;
      if (fails) throw new Error('no');
      return ran;
    },
    100,
    () => nowMs,
  );
  await Promise.all([assert.rejects(read()), assert.rejects(read())]);
  assert.equal(ran, 1);
  fails = false;
  assert.deepEqual(await Promise.all([read(), read()]), [2, 2]);
  nowMs = 100;
  assert.equal(await read(), 2);
  nowMs = 101;
  assert.equal(await read(), 3);
});

test('waiting for the database has an end', async () => {
  const clock = createVirtualClock();
  const waiting = assert.rejects(
    inTime(new Promise(() => undefined), 5_000, clock),
    (error) => error instanceof StorageFault && error.code === 'unavailable',
  );
  await clock.advance(5_000);
  await waiting;
  assert.equal(await inTime(Promise.resolve(1), 5_000, clock), 1);
  assert.equal(clock.pending(), 0);
});

test('a failed replay does not block the next one', async () => {
  let ran = 0;
  const cache = replayCache(1, async () => {
    ran += 1;
    if (ran === 1) throw new Error('the process died');
    return { result: 'same', digest: 'd' };
  });
  const round = { snapshot: '', programme: '', record: '', aftermath: { transactions: [], outcomes: [] } };
  await assert.rejects(cache.replay('a', round));
  assert.deepEqual(await cache.replay('a', round), { result: 'same', digest: 'd' });
  assert.deepEqual(await cache.replay('a', round), { result: 'same', digest: 'd' });
  assert.equal(ran, 2);
});
