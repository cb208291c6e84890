import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { slots } from './slots.ts';

test('a bounded number runs at a time, the others in order, also after a failure', async () => {
  const inSlot = slots(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const runs = [0, 1, 2, 3].map((index) =>
    inSlot(
      () =>
        new Promise<number>((resolve, reject) => {
          begun.push(index);
          ends.push(() => (index === 0 ? reject(new Error('the first one fails')) : resolve(index)));
        }),
    ),
  );
  const failed = assert.rejects(runs[0] ?? Promise.resolve(), /the first one/);
  await turn();
  assert.deepEqual(begun, [0, 1]);
  ends[0]?.();
  await failed;
  await turn();
  assert.deepEqual(begun, [0, 1, 2]);
  ends[1]?.();
  await turn();
  assert.deepEqual(begun, [0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  assert.deepEqual(await Promise.all(runs.slice(1)), [1, 2, 3]);
});
