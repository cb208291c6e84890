import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '../testing/index.ts';
import { growingMs, pause, within } from './waiting.ts';

const never = new AbortController().signal;
const silent = () => new Promise<string>(() => undefined);

describe('a call with a deadline', () => {
  test('gives its result, and leaves no timer', async () => {
    const time = createVirtualClock();
    assert.equal(await within('the answer', 1_000, never, async () => 'here', time), 'here');
    assert.equal(time.pending(), 0);
  });

  test('is given up at the deadline, whether it heeds its signal or not', async () => {
    const time = createVirtualClock();
    let given: AbortSignal | null = null;
    const call = (signal: AbortSignal): Promise<string> => {
      given = signal;
      return silent();
    };
    const ended = assert.rejects(within('the answer', 1_000, never, call, time), {
      message: 'the answer: no answer within 1000 ms',
    });
    await time.advance(999);
    assert.equal((given as AbortSignal | null)?.aborted, false);
    await time.advance(1);
    await ended;
    assert.equal((given as AbortSignal | null)?.aborted, true);
  });

  test('ends with the signal of the caller, and leaves no timer', async () => {
    const time = createVirtualClock();
    const stop = new AbortController();
    const ended = assert.rejects(within('the answer', 1_000, stop.signal, silent, time), {
      message: 'the answer: stopped',
    });
    stop.abort();
    await ended;
    const late = within('a later one', 1_000, stop.signal, () => assert.fail('it was called'), time);
    await assert.rejects(late, { message: 'a later one: stopped' });
    assert.deepEqual([time.monotonicMs(), time.pending()], [0, 0]);
  });

  test('that fails after the deadline disturbs nothing', async () => {
    const time = createVirtualClock();
    const late = () => time.sleep(2_000).then(() => Promise.reject(new Error('too late')));
    const ended = assert.rejects(within('the answer', 1_000, never, late, time), /no answer within/);
    await time.advance(3_000);
    await ended;
  });
});

test('a pause ends with its time or its signal', async () => {
  const time = createVirtualClock();
  const stop = new AbortController();
  const woken: string[] = [];
  void pause(500, never, time).then(() => woken.push('time'));
  void pause(1_000, stop.signal, time).then(() => woken.push('signal'));
  await time.advance(500);
  assert.deepEqual(woken, ['time']);
  stop.abort();
  await time.advance(0);
  assert.deepEqual(woken, ['time', 'signal']);
});

test('pauses double up to the longest', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 1_000].map((failures) => growingMs(failures, 250, 1_500)),
    [250, 500, 1_000, 1_500, 1_500],
  );
});
