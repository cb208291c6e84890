import assert from 'node:assert/strict';
import test from 'node:test';
import { systemClock } from './clock.ts';

test('a sleep that lies in the past, or whose signal aborts, ends', async () => {
  const clock = systemClock();
  await clock.sleep(-5);
  await clock.sleep(60_000, AbortSignal.abort());
  const ending = new AbortController();
  const slept = clock.sleep(60_000, ending.signal);
  ending.abort();
  await slept;
});

test('a sleep that is longer than a timer of Node may be does not end at once', async () => {
  const clock = systemClock();
  const ending = new AbortController();
  for (const ms of [2 ** 31, Number.POSITIVE_INFINITY]) {
    const long = clock.sleep(ms, ending.signal).then(() => 'long');
    assert.equal(await Promise.race([long, clock.sleep(50).then(() => 'short')]), 'short');
  }
  ending.abort();
});
