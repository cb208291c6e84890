import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createDeadlines, createStepTimes } from './times.ts';

test('each piece of work ends at its deadline, once, in whatever order it came', async () => {
  const clock = createVirtualClock();
  const deadlines = createDeadlines(clock);
  const ended: string[] = [];
  const at = (ms: number) => deadlines.at(ms, () => ended.push(`${ms} at ${clock.monotonicMs()}`));
  for (const ms of [500, 100, 300, 100, 700.25]) at(ms);
  await clock.advance(99);
  assert.deepEqual(ended, []);
  await clock.advance(1);
  assert.deepEqual(ended, ['100 at 100', '100 at 100']);
  at(200);
  await clock.advance(10_000);
  assert.deepEqual(ended.slice(2), ['200 at 200', '300 at 300', '500 at 500', '700.25 at 700.25']);
});

test('work that left is not ended, and without work no timer is left', async () => {
  const clock = createVirtualClock();
  const deadlines = createDeadlines(clock);
  const leave = [100, 200].map((ms) => deadlines.at(ms, () => assert.fail('it has left')));
  assert.equal(clock.pending(), 1);
  leave[0]?.();
  assert.equal(clock.pending(), 1);
  leave[1]?.();
  await clock.advance(0);
  assert.equal(clock.pending(), 0);
  let ended = 0;
  deadlines.at(150, () => {
    ended += 1;
  });
  await clock.advance(150);
  assert.deepEqual([ended, clock.pending()], [1, 0]);
});

test('one sleep serves all work: it ends for an earlier deadline, and an equal one shares it', async () => {
  const clock = createVirtualClock();
  const deadlines = createDeadlines(clock);
  let ended = 0;
  const at = (ms: number) =>
    deadlines.at(ms, () => {
      ended += 1;
    });
  for (const ms of [500, 100, 100]) at(ms);
  await clock.advance(0);
  assert.equal(clock.pending(), 1);
  await clock.advance(1_000);
  assert.deepEqual([ended, clock.pending()], [3, 0]);
  assert.deepEqual(clock.sleeps, [500, 100, 400]);
});

test('a sleep that ends a fraction of a millisecond early ends its work too', async () => {
  const clock = createVirtualClock();
  const sleep = (ms: number, signal?: AbortSignal) =>
    clock.sleep(clock.sleeps.length === 0 ? ms - 0.25 : ms, signal);
  const ended: number[] = [];
  createDeadlines({ ...clock, sleep }).at(100, () => ended.push(clock.monotonicMs()));
  await clock.advance(1_000);
  assert.deepEqual([ended, clock.sleeps], [[99.75], [99.75]]);
});

function timed() {
  let nowMs = 1_000;
  const times = createStepTimes({ monotonicMs: () => nowMs });
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  const soFar = () => Object.fromEntries(times.soFar().map(({ name, ms }) => [name, ms]));
  return { times, pass, soFar };
}

test('the step under way counts until now, and goes on', () => {
  const { times, pass, soFar } = timed();
  times.begin('flush');
  pass(1.26);
  assert.equal(soFar().flush, 1.3);
  pass(2);
  assert.equal(soFar().flush, 3.3);
  times.end();
  pass(4);
  assert.equal(soFar().flush, 3.3);
});
