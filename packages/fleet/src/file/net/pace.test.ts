import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createPace } from './pace.ts';

const NEVER = new AbortController().signal;

test('no more than so many are on their way at once, and all get their turn', async () => {
  const pace = createPace(createVirtualClock(), 5);
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  await Promise.all(Array.from({ length: 40 }, () => pace.run(work, NEVER)));
  assert.equal(most, 5);
});

test('when the server is busy all wait, and half as many go out until answers come well again', async (context) => {
  const clock = createVirtualClock({ flowing: true });
  context.after(clock.halt);
  const pace = createPace(clock, 8);
  pace.holdBack(3_000);
  pace.holdBack(2_000);
  assert.equal(pace.limit(), 4);
  await pace.run(async () => assert.equal(clock.monotonicMs(), 3_000), NEVER);
  for (let count = 0; count < 4; count++) {
    assert.equal(pace.limit(), 4);
    pace.wentWell();
  }
  assert.equal(pace.limit(), 5);
  for (let count = 0; count < 20; count++) pace.holdBack(count + 1);
  assert.ok(pace.limit() >= 1);
  for (let count = 0; count < 60; count++) pace.wentWell();
  assert.equal(pace.limit(), 8);
});

test('a turn that is not waited for any more is given up', async () => {
  const pace = createPace(createVirtualClock(), 1);
  const stop = new AbortController();
  let release = (): void => undefined;
  const first = pace.run(() => new Promise<void>((resolve) => (release = resolve)), NEVER);
  const second = pace.run(async () => assert.fail('it had no turn'), stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(second, /stopped/);
  release();
  await first;
  await pace.run(async () => undefined, NEVER);
});
