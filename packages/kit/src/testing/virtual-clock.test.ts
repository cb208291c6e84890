import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from './virtual-clock.ts';

test('wall clocks of hosts step and drift while monotonic time goes on', async () => {
  const clock = createVirtualClock({ startMs: 1_000_000 });
  const host = clock.host({ offsetMs: 500, skewMsPerSecond: -10 });
  let wokenMs = -1;
  void host.sleep(2_000).then(() => {
    wokenMs = host.monotonicMs();
  });
  await clock.run(1_001_000);
  assert.equal(host.nowMs(), 1_001_490);
  host.step(-60_000);
  await clock.run(1_002_000);
  assert.deepEqual([host.nowMs(), host.monotonicMs(), wokenMs], [942_480, 2_000, 2_000]);
});
