import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createAlarm } from './alarm.ts';

function alarm() {
  const clock = createVirtualClock();
  const startMs = clock.monotonicMs();
  const rungMs: number[] = [];
  const { setFor, clear, close } = createAlarm(clock, () => rungMs.push(clock.monotonicMs() - startMs));
  return { clock, rungMs, clear, close, setIn: (ms: number) => setFor(clock.monotonicMs() + ms) };
}

describe('an alarm rings once, at the earliest moment', () => {
  for (const moments of [
    [1_000, 2_000],
    [2_000, 1_000],
    [1_000, 1_000],
  ]) {
    test(`set for ${moments.join(', then for ')}`, async () => {
      const { clock, rungMs, setIn } = alarm();
      for (const ms of moments) setIn(ms);
      assert.equal(clock.pending(), 1);
      await clock.advance(3_000);
      assert.deepEqual(rungMs, [1_000]);
    });
  }
});

test('an alarm that was cleared can be set again, one that was closed cannot', async () => {
  const { clock, rungMs, setIn, clear, close } = alarm();
  setIn(1_000);
  clear();
  assert.equal(clock.pending(), 0);
  setIn(2_000);
  await clock.advance(2_000);
  assert.deepEqual(rungMs, [2_000]);
  close();
  setIn(1_000);
  assert.equal(clock.pending(), 0);
});
