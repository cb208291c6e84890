import assert from 'node:assert/strict';
import test from 'node:test';
import { CallFault } from '@watchbill/kit/call';
import { lookThrough } from './look.ts';

const said = (sentence: string, isWell = true) => ({ network: 'trial', said: { isWell, sentence } });

type Answer = { readonly status: number; readonly text: string };

/** Looks through a caller with fixed answers; `calls` has what it was asked. */
function looking(answer: () => Answer | Promise<Answer>) {
  const calls: { url: string; deadlineMs: number; mostBytes: number }[] = [];
  const look = lookThrough(async (url, { deadlineMs, mostBytes }) => {
    calls.push({ url: String(url), deadlineMs, mostBytes });
    return { headers: {}, ...(await answer()) };
  });
  return { calls, look };
}

const json = (value: unknown, status = 200): Answer => ({ status, text: JSON.stringify(value) });

test('paths are relative to the page, behind a proxy too', async () => {
  for (const [page, asked] of [
    ['http://127.0.0.1:9960', 'http://127.0.0.1:9960/status'],
    ['http://127.0.0.1:9960/', 'http://127.0.0.1:9960/status'],
    ['https://ops.example.org/fleet/', 'https://ops.example.org/fleet/status'],
    ['https://ops.example.org/fleet', 'https://ops.example.org/fleet/status'],
    ['https://ops.example.org/fleet?theme=dark', 'https://ops.example.org/fleet/status'],
  ] as const) {
    const { calls, look } = looking(() => json(said('1 of 1 node of trial answers')));
    assert.deepEqual(await look('fleet', page), { state: 'well', sentence: '1 of 1 node of trial answers' });
    assert.deepEqual(calls, [{ url: asked, deadlineMs: 2_000, mostBytes: 262_144 }]);
  }
});

test('a service that reports 503 with its health is read, not taken for silent', async () => {
  const sentence = 'not healthy: heads: old; no round was decided yet';
  const { look } = looking(() => json(said(sentence, false), 503));
  assert.deepEqual(await look('nominate', 'http://h/'), { state: 'unwell', sentence });
});

test('an answer of another shape is no sentence about the capability', async () => {
  for (const [answer, state, sentence] of [
    [json({ said: 'well' }), 'strange', /^answers, but not in the form of watchbill nominate 0\.x$/],
    [{ status: 200, text: '<html>' }, 'strange', /^answers, but not in the form of/],
    [{ status: 302, text: '' }, 'strange', /^answers, but not in the form of/],
    [{ status: 401, text: '' }, 'strange', /requires a sign-in/],
    [{ status: 502, text: 'bad gateway' }, 'silent', /^its server reports the error HTTP 502$/],
  ] as const) {
    const { look } = looking(() => answer);
    const found = await look('nominate', 'http://h/');
    assert.equal(found.state, state);
    assert.match(found.sentence, sentence);
  }
});

test('a page that does not answer is silent, with the cause', async () => {
  const { look } = looking(() =>
    Promise.reject(
      new CallFault('timeout', 'http://h did not answer within 2000 ms', 'Check that it is up.'),
    ),
  );
  assert.deepEqual(await look('coordinate', 'http://h/'), {
    state: 'silent',
    sentence: 'http://h did not answer within 2000 ms',
  });
});

test('a sentence of more than 150 characters is cut at a whole one, whatever the other process writes', async () => {
  const shown = async (sentence: string) => {
    const { look } = looking(() => json(said(sentence)));
    return (await look('fleet', 'http://h/')).sentence;
  };
  const fits = '\u{1f512}'.repeat(150);
  assert.equal(await shown(fits), fits);
  assert.equal(await shown(`${fits}b`), `${'\u{1f512}'.repeat(149)}…`);
  assert.equal((await shown('n'.repeat(100_000))).length, 150);
});
