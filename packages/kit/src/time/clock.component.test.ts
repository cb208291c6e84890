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
