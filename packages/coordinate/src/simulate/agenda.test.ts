import assert from 'node:assert/strict';
import { test } from 'node:test';
import { later } from './agenda.ts';
import { prngOf } from './prng.ts';

test('events run in order of time, and of entry if their times are equal', () => {
  const queue = later();
  const prng = prngOf('queue');
  const done: { readonly atMs: number; readonly entry: number }[] = [];
  for (let entry = 0; entry < 500; entry++) {
    const atMs = prng.between(0, 40);
    queue.at(atMs, () => done.push({ atMs, entry }));
  }
  queue.runUntil(100);
  assert.equal(done.length, 500);
  const inOrder = done.toSorted((a, b) => a.atMs - b.atMs || a.entry - b.entry);
  assert.deepEqual(done, inOrder);
  assert.equal(queue.nowMs(), 100);
});

test('events that follow from an event run too, but none before its time', () => {
  const queue = later();
  const done: string[] = [];
  queue.after(10, () => {
    done.push(`first at ${queue.nowMs()}`);
    queue.after(5, () => done.push(`second at ${queue.nowMs()}`));
    queue.after(50, () => done.push('too late'));
  });
  queue.runUntil(20);
  assert.deepEqual(done, ['first at 10', 'second at 15']);
});

test('the past cannot be planned', () => {
  const queue = later();
  queue.runUntil(10);
  assert.throws(() => queue.at(9, () => undefined), RangeError);
});

test('an empty list has no item to pick', () => {
  assert.throws(() => prngOf('a').pick([]), RangeError);
});
