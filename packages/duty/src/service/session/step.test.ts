import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeSession } from './record.ts';
import type { SessionEffect, SessionEvent } from './session-events.ts';
import { type SessionMachine, startedSession } from './state.ts';
import { stepSession } from './step.ts';

const TTL_MS = 9_000;
const SKEW_MS = 500;
const at = (ms: number, steppedMs = 0) => ({ nowMs: 1_700_000_000_000 + ms + steppedMs, monotonicMs: ms });
const look = (ms: number, steppedMs = 0): SessionEvent => ({
  kind: 'look',
  at: at(ms, steppedMs),
  allowedSkewMs: SKEW_MS,
});
const opened = (id = 'new', before: string | null = 'old'): SessionEvent => ({
  kind: 'opened',
  id,
  text: encodeSession(id, 0n),
  before,
  leaseId: 'lease',
  ttlMs: TTL_MS,
  askedMs: 0,
  at: at(0),
});
const agree = (agreed: string[] = []): SessionEvent => ({
  kind: 'checked',
  of: 'new',
  obstacle: null,
  agreed,
  at: at(1),
});

/** Runs events one after another; answers the state and the effects of the last one. */
function run(...events: readonly SessionEvent[]): {
  state: SessionMachine;
  effects: readonly SessionEffect[];
} {
  let result: { state: SessionMachine; effects: readonly SessionEffect[] } = {
    state: startedSession(),
    effects: [],
  };
  for (const event of events) result = stepSession(result.state, event);
  return result;
}

/** A service that serves, with one renewal done. */
const SERVING: readonly SessionEvent[] = [
  look(0),
  opened(),
  look(1),
  agree(),
  { kind: 'learned', of: 'new' },
  look(4_000),
  { kind: 'renewed', of: 'new', askedMs: 4_000, answer: { kind: 'applied' } },
];
const kinds = (effects: readonly SessionEffect[]) => effects.map(({ kind }) => kind);
const events = (effects: readonly SessionEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'log' ? [effect.event] : []));

test('each renewal raises the counter and compares the record before it', () => {
  const { effects } = run(...SERVING, look(8_000));
  const [renew] = effects;
  assert.deepEqual(renew, {
    kind: 'renew',
    of: 'new',
    from: encodeSession('new', 1n),
    to: encodeSession('new', 2n),
    leaseId: 'lease',
  });
});

test('a lower counter in the store ends the session with an alarm', () => {
  const compared = encodeSession('new', 1n);
  const found = encodeSession('new', 0n);
  const grant = run(...SERVING, { kind: 'compare-failed', compared, found });
  assert.equal(grant.state.phase, 'checking');
  assert.equal(grant.state.open, null);
  assert.deepEqual(events(grant.effects), ['store-went-back', 'session']);
  const renewal = run(...SERVING, look(8_000), {
    kind: 'renewed',
    of: 'new',
    askedMs: 8_000,
    answer: { kind: 'conflict', found },
  });
  assert.deepEqual(events(renewal.effects), ['store-went-back', 'session']);
  assert.match(renewal.state.detail, /holds renewal 0 of the session, renewal 1 was written/);
});

test('a grant that met a renewal is not a loss, whether its answer has come or not', () => {
  const compared = encodeSession('new', 1n);
  const found = encodeSession('new', 2n);
  const underWay = run(...SERVING, look(8_000), { kind: 'compare-failed', compared, found });
  assert.equal(underWay.state.phase, 'serving');
  const over = run(
    ...SERVING,
    look(8_000),
    { kind: 'renewed', of: 'new', askedMs: 8_000, answer: { kind: 'applied' } },
    { kind: 'compare-failed', compared, found },
  );
  assert.equal(over.state.phase, 'serving');
});

test('after an ambiguous renewal the record is read before anything else', () => {
  const unsure: readonly SessionEvent[] = [
    ...SERVING,
    look(8_000),
    { kind: 'renewed', of: 'new', askedMs: 8_000, answer: { kind: 'ambiguous' } },
  ];
  assert.equal(run(...unsure).state.task.kind, 'unsure');
  assert.deepEqual(run(...unsure, look(8_001)).effects, [{ kind: 'read-back', of: 'new' }]);
  const applied = run(...unsure, { kind: 'read-back', of: 'new', found: encodeSession('new', 2n) });
  assert.equal(applied.state.open?.counter, 2n);
  assert.equal(applied.state.open?.aliveUntilMs, 4_000 + TTL_MS, 'when it was applied is not known');
  const lost = run(...unsure, { kind: 'read-back', of: 'new', found: encodeSession('new', 1n) });
  assert.equal(lost.state.open?.counter, 1n);
  assert.equal(lost.state.task.kind, 'none');
  const back = run(...unsure, { kind: 'read-back', of: 'new', found: encodeSession('new', 0n) });
  assert.deepEqual(events(back.effects), ['store-went-back', 'session']);
});

test('a renewal that applies late counts as the one that repeats it', () => {
  const { state } = run(
    ...SERVING,
    look(8_000),
    { kind: 'renewed', of: 'new', askedMs: 8_000, answer: { kind: 'ambiguous' } },
    { kind: 'read-back', of: 'new', found: encodeSession('new', 1n) },
    look(8_100),
    {
      kind: 'renewed',
      of: 'new',
      askedMs: 8_100,
      answer: { kind: 'conflict', found: encodeSession('new', 2n) },
    },
  );
  assert.equal(state.phase, 'serving');
  assert.equal(state.open?.text, encodeSession('new', 2n));
});

test('a clock that was stepped ends the session, in both directions', () => {
  for (const steppedMs of [SKEW_MS + 1, -SKEW_MS - 1]) {
    const { state, effects } = run(...SERVING, {
      kind: 'asked',
      at: at(5_000, steppedMs),
      allowedSkewMs: SKEW_MS,
    });
    assert.equal(state.open, null);
    assert.deepEqual(events(effects), ['clock-stepped', 'session']);
    assert.match(state.detail, new RegExp(`stepped by ${steppedMs} ms`));
  }
  assert.equal(
    run(...SERVING, { kind: 'asked', at: at(5_000, SKEW_MS), allowedSkewMs: SKEW_MS }).state.phase,
    'serving',
  );
});

test('a session that was not renewed in time is over by this clock alone', () => {
  const asked = (ms: number): SessionEvent => ({ kind: 'asked', at: at(ms), allowedSkewMs: SKEW_MS });
  assert.equal(run(...SERVING, asked(4_000 + TTL_MS)).state.phase, 'serving');
  const { state } = run(...SERVING, asked(4_001 + TTL_MS));
  assert.equal(state.phase, 'checking');
  assert.equal(state.generation, 1);
});

test('an obstacle keeps the service from serving, and it looks again', () => {
  const { state, effects } = run(look(0), opened(), look(1), {
    kind: 'checked',
    of: 'new',
    obstacle: { state: 'behind', why: 'our own memory is ahead' },
    agreed: ['two'],
    at: at(1),
  });
  assert.equal(state.phase, 'behind');
  assert.deepEqual(kinds(effects), ['log', 'wake']);
  assert.deepEqual(stepSession(state, look(101)).effects, [{ kind: 'wait', ms: 150 }]);
  const again = stepSession(state, look(300));
  assert.deepEqual(again.effects, [{ kind: 'check', of: 'new', except: new Set(['two']) }]);
});

test('undelivered work is dropped when memory is asked for and when the session ends', () => {
  assert.equal(run(...SERVING, { kind: 'cancel-undelivered' }).state.generation, 1);
  assert.equal(run(...SERVING, { kind: 'behind', why: 'test' }).state.generation, 1);
  assert.equal(
    run(...SERVING, { kind: 'drain' }).state.generation,
    0,
    'draining ends what is under way in peace',
  );
  assert.equal(run(...SERVING, { kind: 'drain' }, { kind: 'lost', why: 'test' }).state.generation, 1);
});

test('a draining service renews and opens nothing new', () => {
  const { state } = run(...SERVING, { kind: 'drain' });
  assert.deepEqual(kinds(stepSession(state, look(8_000)).effects), ['renew']);
  const lost = stepSession(state, { kind: 'lost', why: 'test' }).state;
  assert.equal(lost.phase, 'draining');
  assert.deepEqual(kinds(stepSession(lost, look(8_000)).effects), ['wait']);
});

test('a store that does not answer is asked again, and a serving service stays one until its session lapses', () => {
  const starting = run(look(0), { kind: 'not-opened', why: 'no route' });
  assert.equal(starting.state.detail, 'the store does not answer: no route');
  assert.deepEqual(kinds(starting.effects), ['log', 'wait']);
  const serving = run(...SERVING, look(8_000), {
    kind: 'renewed',
    of: 'new',
    askedMs: 8_000,
    answer: { kind: 'failed', why: 'no route' },
  });
  assert.equal(serving.state.phase, 'serving');
  assert.deepEqual(kinds(serving.effects), ['log', 'wait']);
});
