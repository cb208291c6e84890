import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import { waitFor } from './wait.ts';

function flowingClock(context: TestContext): VirtualClock {
  const clock = createVirtualClock({ flowing: true });
  context.after(clock.halt);
  return clock;
}

test('the first answer that is one is given back', async (context) => {
  const clock = flowingClock(context);
  const answers = [undefined, false, 'here', 'too late'] as const;
  let asked = 0;
  assert.equal(await waitFor('it', () => answers[asked++], { timeoutMs: 5_000, clock }), 'here');
  assert.deepEqual(clock.sleeps, [100, 100]);
});

test('zero and the empty text are answers', async (context) => {
  const options = { timeoutMs: 1, clock: flowingClock(context) };
  assert.equal(await waitFor('it', () => 0, options), 0);
  assert.equal(await waitFor('it', () => '', options), '');
});

test('an ask that fails is asked again', async (context) => {
  let asked = 0;
  const ask = async (): Promise<string> => {
    asked += 1;
    if (asked < 3) throw new Error('not yet');
    return 'here';
  };
  assert.equal(await waitFor('it', ask, { timeoutMs: 5_000, clock: flowingClock(context) }), 'here');
});

test('at the deadline the error says what was awaited, why the last ask failed, and the detail', async (context) => {
  const clock = flowingClock(context);
  const ask = (): never => {
    throw new Error('connection refused');
  };
  await assert.rejects(
    waitFor('a node', ask, { timeoutMs: 5, everyMs: 1, detail: () => 'the log', clock }),
    /a node: not within 5 ms; the last attempt failed: connection refused\nthe log/,
  );
  assert.equal(clock.sleeps.length, 6);
});
