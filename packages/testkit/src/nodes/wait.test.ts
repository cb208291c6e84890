import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from './wait.ts';

test('the first answer that is one is given back', async () => {
  const answers = [undefined, false, 'here', 'too late'] as const;
  let asked = 0;
  assert.equal(await waitFor('it', () => answers[asked++], { timeoutMs: 5_000, everyMs: 1 }), 'here');
});

test('zero and the empty text are answers', async () => {
  assert.equal(await waitFor('it', () => 0, { timeoutMs: 1 }), 0);
});

test('an ask that fails is asked again', async () => {
  let asked = 0;
  const ask = async (): Promise<string> => {
    asked += 1;
    if (asked < 3) throw new Error('not yet');
    return 'here';
  };
  assert.equal(await waitFor('it', ask, { timeoutMs: 5_000, everyMs: 1 }), 'here');
});

test('at the deadline the error says what was awaited, why the last ask failed, and the detail', async () => {
  const ask = (): never => {
    throw new Error('nobody there');
  };
  await assert.rejects(
    waitFor('a node', ask, { timeoutMs: 5, everyMs: 1, detail: () => 'the log' }),
    /a node: not within 5 ms; the last attempt failed: nobody there\nthe log/,
  );
});
