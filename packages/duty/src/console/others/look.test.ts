import assert from 'node:assert/strict';
import test from 'node:test';
import { type Caller, CallFault } from '@watchbill/kit/call';
import { createVirtualClock } from '@watchbill/kit/testing';
import { lookThrough, shortened } from './look.ts';

const STATUS = {
  network: 'trial',
  look: {
    ageMs: 0,
    nodes: { asked: 1, answering: 1, silent: [] },
    signers: { expected: 0, inSet: 0, outside: [] },
  },
};
const HEALTH = { healthy: true, nowMs: 0, checks: [], round: null };

type Answer = { readonly status: number; readonly text: string };

/** Looks through a caller with fixed answers; `calls` has what it was asked. */
function looking(answer: (url: string) => Answer | Promise<Answer>, tookMs = 0) {
  const clock = createVirtualClock({ startMs: 0 });
  const calls: { url: string; deadlineMs: number; mostBytes: number }[] = [];
  const call: Caller['ask'] = async (url, { deadlineMs, mostBytes }) => {
    calls.push({ url: String(url), deadlineMs, mostBytes });
    await clock.advance(tookMs);
    return { headers: {}, ...(await answer(String(url))) };
  };
  return { calls, look: lookThrough(call, clock) };
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
    const { calls, look } = looking(() => json(STATUS));
    assert.equal((await look('fleet', page)).sentence, '1 of 1 node of trial answers; seen 0 seconds ago');
    assert.deepEqual(
      calls.map(({ url }) => url),
      [asked],
    );
  }
});

test('all requests of a look share two seconds, and each answer is bounded', async () => {
  const { calls, look } = looking((url) => json(url.endsWith('/v1/health') ? HEALTH : {}), 600);
  assert.equal((await look('nominate', 'http://127.0.0.1:8470')).state, 'well');
  assert.deepEqual(
    calls.map(({ deadlineMs }) => deadlineMs),
    [2_000, 1_400, 800],
  );
  for (const { mostBytes } of calls) assert.equal(mostBytes, 262_144);
});

test('a service that reports 503 with its health is read, not taken for silent', async () => {
  const health = { ...HEALTH, healthy: false, checks: [{ name: 'heads', ok: false, detail: 'old' }] };
  const { look } = looking((url) => (url.endsWith('/v1/health') ? json(health, 503) : json({}, 503)));
  assert.deepEqual(await look('nominate', 'http://h/'), {
    state: 'unwell',
    sentence: 'not healthy: heads: old; no round was decided yet',
  });
});

test('an answer of another shape is no sentence about the capability, and no more is asked', async () => {
  for (const [answer, state, sentence] of [
    [json({ healthy: true }), 'strange', /^answers, but not in the form of watchbill nominate 0\.x$/],
    [{ status: 200, text: '<html>' }, 'strange', /^answers, but not in the form of/],
    [{ status: 302, text: '' }, 'strange', /^answers, but not in the form of/],
    [{ status: 401, text: '' }, 'strange', /requires a sign-in/],
    [{ status: 502, text: 'bad gateway' }, 'silent', /^its server reports the error HTTP 502$/],
  ] as const) {
    const { calls, look } = looking(() => answer);
    const found = await look('nominate', 'http://h/');
    assert.equal(found.state, state);
    assert.match(found.sentence, sentence);
    assert.equal(calls.length, 1);
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

test('a sentence is at most 300 characters, whatever the other process writes', async () => {
  const { look } = looking(() => json({ ...STATUS, network: 'n'.repeat(100_000) }));
  assert.equal((await look('fleet', 'http://h/')).sentence.length, 300);
});

test('a sentence is cut at a whole character, and one that fits is kept', () => {
  const fits = 'a'.repeat(300);
  assert.equal(shortened(fits), fits);
  assert.equal(shortened(`${fits}b`), `${'a'.repeat(299)}…`);
  assert.equal(shortened('\u{1f512}'.repeat(200)), `${'\u{1f512}'.repeat(149)}…`);
  // Each quote is `&quot;` in the page.
  assert.equal(shortened('"'.repeat(300)), `${'"'.repeat(149)}…`);
});
