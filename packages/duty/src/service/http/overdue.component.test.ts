import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createOverdue } from './overdue.ts';

const LIMIT_MS = 40;

test('work that takes longer than the limit is ended once; work that left is not', async () => {
  const overdue = createOverdue(LIMIT_MS);
  const startMs = performance.now();
  const ended: (readonly [name: string, afterMs: number])[] = [];
  const watch = (name: string, fromMs = startMs) =>
    overdue.watch(() => ended.push([name, performance.now() - fromMs]));
  watch('first');
  const leave = watch('left');
  watch('third');
  leave();
  await pause(LIMIT_MS / 2);
  const laterMs = performance.now();
  watch('later', laterMs);
  await pause(LIMIT_MS * 4);
  assert.deepEqual(
    ended.map(([name]) => name),
    ['first', 'third', 'later'],
  );
  for (const [name, afterMs] of ended)
    assert.ok(afterMs >= LIMIT_MS, `${name} was ended after ${afterMs} ms`);
});

test('work that comes after all others left is watched too', async () => {
  const overdue = createOverdue(LIMIT_MS);
  overdue.watch(() => assert.fail('it has left'))();
  const ended = Promise.withResolvers<void>();
  overdue.watch(ended.resolve);
  await ended.promise;
});

test('without work the timer does not keep the process alive', () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const overdue = createOverdue(60_000);
  const leave = [overdue.watch(() => {}), overdue.watch(() => {})];
  assert.equal(timers(), before + 1);
  leave[0]?.();
  assert.equal(timers(), before + 1);
  leave[1]?.();
  assert.equal(timers(), before);
  const again = overdue.watch(() => {});
  assert.equal(timers(), before + 1, 'new work does');
  again();
  assert.equal(timers(), before);
});
