import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { redial } from './redial.ts';

const LIMITS = { redial: { firstMs: 250, lastMs: 1_000 } };
/** Longer than all waits of a test together. */
const LONG_MS = 60_000;

test('attempts go on until there is a connection, and begin again when it is lost', async () => {
  const time = createVirtualClock();
  const attempts: number[] = [];
  let succeedsAt = 3;
  const dialing = redial(
    LIMITS,
    async (index) => {
      attempts.push(index);
      return index >= succeedsAt;
    },
    time,
  );
  await time.advance(LONG_MS);
  assert.deepEqual(attempts, [0, 1, 2, 3]);
  for (const [place, wholeMs] of [250, 500, 1_000].entries()) {
    const waitMs = time.sleeps[place] ?? 0;
    assert.ok(waitMs >= wholeMs / 2 && waitMs <= wholeMs, `the wait ${place} was ${waitMs} ms`);
  }
  succeedsAt = 5;
  dialing.lost();
  dialing.lost();
  await time.advance(LONG_MS);
  dialing.close();
  assert.deepEqual(attempts, [0, 1, 2, 3, 4, 5]);
});

test('a connection that is lost while the attempt still runs is made again', async () => {
  const time = createVirtualClock();
  const running: ((isConnected: boolean) => void)[] = [];
  const dialing = redial(LIMITS, () => new Promise((resolve) => void running.push(resolve)), time);
  dialing.lost();
  running[0]?.(true);
  await time.advance(LONG_MS);
  assert.equal(running.length, 2, 'a second attempt');
  dialing.close();
  running[1]?.(false);
  await time.advance(LONG_MS);
  assert.equal(running.length, 2, 'none after the end');
});

test('an end while it waits leaves no timer', async () => {
  const time = createVirtualClock();
  let attempts = 0;
  const dialing = redial(
    LIMITS,
    async () => {
      attempts += 1;
      return false;
    },
    time,
  );
  await time.advance(0);
  assert.equal(time.pending(), 1);
  dialing.close();
  await time.advance(LONG_MS);
  assert.deepEqual([attempts, time.pending()], [1, 0]);
});
