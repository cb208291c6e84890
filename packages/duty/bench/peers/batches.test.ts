import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inBatches } from './batches.ts';

test('items of one turn are handled by one call, and each gets its own result', async () => {
  const calls: (readonly number[])[] = [];
  const double = inBatches((items: readonly number[]) => {
    calls.push(items);
    return items.map((item) => 2 * item);
  });
  assert.deepEqual(await Promise.all([1, 2, 3].map(double)), [2, 4, 6]);
  assert.equal(await double(4), 8);
  assert.deepEqual(calls, [[1, 2, 3], [4]]);
});

test('a call that fails rejects its whole batch, and the next batch is handled', async () => {
  let fails = true;
  const handle = inBatches((items: readonly string[]) => {
    if (fails) throw new Error('disk full');
    return items;
  });
  const results = await Promise.allSettled([handle('a'), handle('b')]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  fails = false;
  assert.equal(await handle('c'), 'c');
});

test('a call with too few results rejects its batch', async () => {
  const handle = inBatches<string, string>(() => []);
  await assert.rejects(handle('a'), /one result for each item/);
});
