import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchState } from '@watchbill/duty/service';
import { createVirtualClock } from '@watchbill/kit/testing';
import { killOnWatch, victim } from './killer.ts';

const whole: WatchState = {
  chain: 'c',
  key: 'k',
  holder: 'alpha-2',
  live: true,
  term: '4',
  ready: ['alpha-1', 'alpha-2'],
};

test('the holder is killed only while another node stands ready and the last one is back', () => {
  const pick = (watch: WatchState | null, isWhole: boolean) =>
    victim({ watch: () => watch, isWhole: () => isWhole });
  assert.equal(pick(whole, true), 'alpha-2');
  assert.equal(pick(whole, false), null);
  assert.equal(pick({ ...whole, live: false }, true), null);
  assert.equal(pick({ ...whole, ready: ['alpha-2'] }, true), null);
  assert.equal(pick({ ...whole, holder: null }, true), null);
  assert.equal(pick(null, true), null);
});

test('kills come one after the other, after pauses between the bounds', async (context) => {
  const clock = createVirtualClock({ startMs: 0, flowing: true });
  context.after(clock.halt);
  const stop = new AbortController();
  const kills: number[] = [];
  let backMs = 0;
  const draws = [0, 0.5, 0.999];
  await killOnWatch({
    clock,
    signal: stop.signal,
    watch: () => whole,
    isWhole: () => clock.nowMs() >= backMs,
    kill: () => {
      kills.push(clock.nowMs());
      backMs = clock.nowMs() + 5_000;
      if (kills.length === 3) stop.abort();
    },
    random: () => draws[kills.length] ?? 0,
    minPauseMs: 3_000,
    maxPauseMs: 8_000,
  });
  assert.deepEqual(kills, [3_000, 8_500, 16_495]);
});
