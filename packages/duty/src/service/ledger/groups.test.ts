import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { commitGroups } from './groups.ts';

test('a call is never split, and a group is bounded', async () => {
  const groups: number[][] = [];
  const queue = commitGroups<number>((works) => groups.push([...works]));
  await Promise.all([700, 700, 700].map((size) => queue.join({ work: size, size })));
  assert.deepEqual(groups, [[700, 700], [700]]);
  assert.equal(queue.waiting(), 0);
});

test('a commit that fails rejects its whole group and no other', async () => {
  let fail = true;
  const done: string[] = [];
  const queue = commitGroups<string>((works) => {
    if (fail) throw new Error('no room');
    done.push(...works);
  });
  const first = Promise.allSettled(['a', 'b'].map((work) => queue.join({ work, size: 1 })));
  await nextTurn();
  await nextTurn();
  fail = false;
  const second = queue.join({ work: 'c', size: 1 });
  assert.deepEqual(
    (await first).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await second;
  assert.deepEqual(done, ['c']);
});
