import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createPace } from '../../file/net/index.ts';
import { type Client, createClient, retryAfterMs } from './client.ts';
import { type Connection, ConnectionFault, type HttpAnswer } from './connection.ts';
import { failureOf } from './refusal.ts';

const NEVER = new AbortController().signal;
const READ = { method: 'GET', path: '/api/v1/namespaces' } as const;

type Scripted = HttpAnswer | ConnectionFault;

function scripted(...answers: readonly Scripted[]): {
  readonly client: Client;
  readonly sent: () => number;
  readonly sleeps: readonly number[];
} {
  const clock = createVirtualClock({ flowing: true });
  let at = 0;
  const connection: Connection = {
    server: 'https://server',
    close: () => undefined,
    forward: () => Promise.reject(new Error('no pods here')),
    exchange: async () => {
      const next = answers[Math.min(at, answers.length - 1)];
      at += 1;
      if (next === undefined || next instanceof ConnectionFault) throw next;
      return next;
    },
  };
  const client = createClient({ connection, clock, pace: createPace(clock), timeoutMs: 60_000 });
  return { client, sent: () => at, sleeps: clock.sleeps };
}

function answer(status: number, body: unknown = {}, retryAfter: string | null = null): HttpAnswer {
  return { status, retryAfter, text: JSON.stringify(body) };
}

const LOST = new ConnectionFault('reset', true, undefined);
const REFUSED = new ConnectionFault('refused', false, undefined);

test('a busy server is given the time that it asks for, and asked again', async () => {
  for (const call of ['ask', 'tell'] as const) {
    const { client, sent, sleeps } = scripted(answer(429, {}, '7'), answer(503, {}, '2'), answer(200));
    const reply = await client[call](READ, NEVER);
    assert.equal(reply.kind, 'answer');
    assert.equal(sent(), 3);
    assert.deepEqual(sleeps, [7_000, 2_000]);
  }
});

test('one that stays busy ends as unreachable, not in a loop', async () => {
  const { client, sent } = scripted(answer(429, {}, '1'));
  const reply = await client.tell(READ, NEVER);
  assert.equal(reply.kind, 'unreachable');
  assert.equal(sent(), 13);
});

test('a write whose reply was lost is never sent again by itself', async () => {
  for (const outcome of [LOST, answer(504), answer(503)]) {
    const { client, sent } = scripted(outcome, answer(200));
    assert.equal((await client.tell(READ, NEVER)).kind, 'lost');
    assert.equal(sent(), 1);
  }
});

test('a read whose reply was lost is asked again, a few times', async () => {
  const passing = scripted(LOST, answer(502), answer(200));
  assert.equal((await passing.client.ask(READ, NEVER)).kind, 'answer');
  const staying = scripted(REFUSED);
  assert.equal((await staying.client.ask(READ, NEVER)).kind, 'unreachable');
  assert.equal(staying.sent(), 4);
});

test('a field that the server does not know comes as 500, and is not sent again', async () => {
  const message =
    'failed to create typed patch object (nodes/a; /v1, Kind=ConfigMap): .dta: field not declared in schema';
  for (const call of ['ask', 'tell'] as const) {
    const { client, sent } = scripted(answer(500, { message }));
    const failure = failureOf(await client[call](READ, NEVER));
    assert.deepEqual(failure, { reason: 'invalid', detail: 'the server knows no field .dta' });
    assert.equal(sent(), 1);
  }
});

test('the wait that a server asks for is read from seconds or a date, and bounded', () => {
  assert.equal(retryAfterMs('3'), 3_000);
  assert.equal(retryAfterMs('86400'), 30_000);
  assert.equal(retryAfterMs('0'), 250);
  assert.equal(retryAfterMs(null), 1_000);
  assert.equal(retryAfterMs('soon'), 1_000);
  assert.equal(retryAfterMs(new Date(Date.now() + 86_400_000).toUTCString()), 30_000);
});
