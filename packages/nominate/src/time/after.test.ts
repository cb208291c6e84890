import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { after } from './after.ts';

test('it acts once, when the time is over', async () => {
  const clock = createVirtualClock();
  let acts = 0;
  after(clock, 1_000, () => {
    acts += 1;
  });
  await clock.advance(999);
  assert.equal(acts, 0);
  await clock.advance(1);
  assert.equal(acts, 1);
  await clock.advance(10_000);
  assert.equal(acts, 1);
});

test('it does not act once it is cancelled, and leaves no timer behind', async () => {
  const clock = createVirtualClock();
  const cancel = after(clock, 1_000, () => assert.fail('it was cancelled'));
  cancel();
  assert.equal(clock.pending(), 0);
  await clock.advance(10_000);
  // Cancelling after the time has no effect.
  cancel();
});
