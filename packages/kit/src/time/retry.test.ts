import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '../testing/index.ts';
import { retry, until } from './retry.ts';

test('tries follow each other after pauses that grow, and the last one is at the end of the time', async () => {
  const clock = createVirtualClock({ startMs: 0 });
  const triedMs: number[] = [];
  const look = () => {
    triedMs.push(clock.monotonicMs());
    return null;
  };
  const over = until(look, { clock, pauseMs: 100, longestMs: 400, withinMs: 1_000 });
  await clock.advance(5_000);
  assert.equal(await over, null);
  assert.deepEqual(triedMs, [0, 100, 300, 700, 1_000]);
  assert.equal(clock.pending(), 0);
});

test('a value ends the wait, even one that counts as false', async () => {
  const clock = createVirtualClock();
  const found = until(async (tries) => (tries === 2 ? 0 : null), { clock, pauseMs: 50 });
  await clock.advance(100);
  assert.equal(await found, 0);
});

test('a signal ends the pause, and there is no further try', async () => {
  const clock = createVirtualClock();
  const stop = new AbortController();
  let tries = 0;
  const look = () => {
    tries += 1;
    return null;
  };
  const over = until(look, { clock, pauseMs: 1_000, signal: stop.signal });
  await clock.advance(0);
  stop.abort();
  assert.equal(await over, null);
  assert.deepEqual([tries, clock.pending()], [1, 0]);
  const never = retry(async () => 1, { clock, pauseMs: 1, signal: stop.signal });
  await assert.rejects(never, /stopped before the first try/);
});

test('an error is tried again, and the last one is the end; one that cannot pass ends it at once', async () => {
  const clock = createVirtualClock();
  const failing = async (tries: number) => {
    if (tries < 3) throw new RangeError(`try ${tries}`);
    return 'done';
  };
  const done = retry(failing, { clock, pauseMs: 10 });
  const over = assert.rejects(retry(failing, { clock, pauseMs: 10, most: 2 }), { message: 'try 1' });
  const mayPass = (error: unknown) => !(error instanceof RangeError);
  const fatal = assert.rejects(retry(failing, { clock, pauseMs: 10, mayPass }), { message: 'try 0' });
  await clock.advance(100);
  assert.equal(await done, 'done');
  await Promise.all([over, fatal]);
});
