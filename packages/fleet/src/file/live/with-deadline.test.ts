import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { withDeadline } from './with-deadline.ts';

test('work that takes longer than its time is stopped', async (context) => {
  const clock = createVirtualClock({ flowing: true });
  context.after(clock.halt);
  const early = await withDeadline(clock, 500, null, async (signal) => {
    await clock.sleep(499, signal);
    return signal.aborted;
  });
  assert.equal(early, false);
  const beganMs = clock.monotonicMs();
  const reason = await withDeadline(clock, 500, null, async (signal) => {
    await clock.sleep(60_000, signal);
    return signal.reason;
  });
  assert.equal(reason.name, 'TimeoutError');
  assert.equal(clock.monotonicMs() - beganMs, 500);
});

test('the signal outside stops the work too, and work that ended or failed leaves no timer', async () => {
  const clock = createVirtualClock();
  const outer = new AbortController();
  const slept = withDeadline(clock, 500, outer.signal, async (signal) => {
    await clock.sleep(400, signal);
    return signal.aborted;
  });
  outer.abort();
  assert.equal(await slept, true);
  await assert.rejects(
    withDeadline(clock, 500, null, async () => {
      throw new Error('broken');
    }),
    /broken/,
  );
  assert.equal(clock.pending(), 0);
});
