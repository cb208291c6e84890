import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeSession } from './record.ts';
import type { SessionEffect, SessionEvent } from './session-events.ts';
import { type SessionMachine, startedSession } from './state.ts';
import { RETRY_MS, stepSession } from './step.ts';

const TTL_MS = 9_000;
const SKEW_MS = 500;
const START_MS = 1_700_000_000_000;
const at = (ms: number, steppedMs = 0) => ({ nowMs: START_MS + ms + steppedMs, monotonicMs: ms });
const look = (ms: number, steppedMs = 0): SessionEvent => ({
  kind: 'look',
  at: at(ms, steppedMs),
  allowedSkewMs: SKEW_MS,
});
const opened = (change: Partial<Extract<SessionEvent, { kind: 'opened' }>> = {}): SessionEvent => ({
  kind: 'opened',
  id: 'new',
  text: encodeSession('new', 0n),
  before: 'old',
  leaseId: 'lease',
  ttlMs: TTL_MS,
  askedMs: 0,
  at: at(0),
  ...change,
});
const agree: SessionEvent = { kind: 'checked', of: 'new', obstacle: null, agreed: [], at: at(1) };

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
  agree,
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

const learned: SessionEvent = { kind: 'learned', of: 'new' };
const renewed = (
  answer: Extract<SessionEvent, { kind: 'renewed' }>['answer'],
  askedMs = 4_000,
): SessionEvent => ({ kind: 'renewed', of: 'new', askedMs, answer });
const APPLIED = { kind: 'applied' } as const;
const UNSURE = renewed({ kind: 'ambiguous' });

const CHECKING = [look(0), opened(), look(1)];
const FRESH = [...CHECKING, agree, learned];

describe('the beginning', () => {
  test('no session is open, and no work is under way', () => {
    const { phase, generation, open, task, check, agreed } = startedSession();
    assert.deepEqual(
      [phase, generation, open, task.kind, check, agreed.size],
      ['starting', 0, null, 'none', 'none', 0],
    );
    assert.equal(run(look(0)).state.task.kind, 'opening');
  });

  test('a session lives from the moment when its lease was asked for, not from the answer', () => {
    const { open, task, check } = run(look(5), opened({ askedMs: 5, at: at(800) })).state;
    assert.deepEqual([open?.aliveUntilMs, open?.openedAt, open?.counter], [5 + TTL_MS, at(800), 0n]);
    assert.deepEqual([open?.before, open?.leaseId, task.kind, check], ['old', 'lease', 'none', 'none']);
  });

  test('a session that was not written leaves nothing under way, and is tried again', () => {
    const { state, effects } = run(look(0), { kind: 'not-opened', why: 'no route' });
    assert.equal(state.task.kind, 'none');
    assert.deepEqual(effects.at(-1), { kind: 'wait', ms: RETRY_MS });
    assert.deepEqual(kinds(stepSession(state, look(300)).effects), ['open']);
  });
});

describe('renewals', () => {
  test('are under way from their effect to their answer, and only then', () => {
    const underWay = run(...FRESH, look(4_000));
    assert.deepEqual(underWay.state.task, { kind: 'renewing', to: encodeSession('new', 1n) });
    const done = stepSession(underWay.state, renewed(APPLIED));
    assert.equal(done.state.task.kind, 'none');
    assert.equal(done.state.open?.aliveUntilMs, 4_000 + TTL_MS);
    const again = stepSession(done.state, renewed(APPLIED));
    assert.deepEqual([again.state, again.effects], [done.state, []], 'an answer without a question');
  });

  test('of a service that serves let it look at the others, of another one do not', () => {
    const serving = run(...FRESH, look(4_000), renewed(APPLIED));
    assert.deepEqual(serving.effects, [{ kind: 'serve-others', of: 'new' }]);
    assert.deepEqual(run(...CHECKING, look(4_000), renewed(APPLIED)).effects, []);
  });

  test('that failed leave the record as it was and nothing under way', () => {
    const { state } = run(...FRESH, look(4_000), renewed({ kind: 'failed', why: 'no route' }));
    assert.deepEqual([state.task.kind, state.open?.counter], ['none', 0n]);
    assert.equal(state.detail, 'memory and store agree', 'a service that serves goes on');
  });

  test('of an expired lease end the session', () => {
    const { state, effects } = run(...FRESH, look(4_000), renewed({ kind: 'lease-expired' }));
    assert.deepEqual([state.phase, state.open, state.generation], ['checking', null, 1]);
    assert.match(state.detail, /expired in the store/);
    assert.deepEqual(kinds(effects), ['log', 'wake']);
  });
});

describe('a record that was read back', () => {
  test('without a renewal in doubt says nothing', () => {
    for (const before of [FRESH, [...FRESH, look(4_000)]]) {
      const { state } = run(...before);
      const found = encodeSession('stranger', 9n);
      assert.deepEqual(stepSession(state, { kind: 'read-back', of: 'new', found }).state, state);
    }
  });

  test('leaves no renewal under way, whichever of the two it is', () => {
    for (const counter of [0n, 1n]) {
      const found = encodeSession('new', counter);
      const { state } = run(...FRESH, look(4_000), UNSURE, { kind: 'read-back', of: 'new', found });
      assert.deepEqual([state.task.kind, state.open?.text, state.phase], ['none', found, 'serving']);
    }
  });

  test('that is gone ends the session', () => {
    const { state } = run(...FRESH, look(4_000), UNSURE, { kind: 'read-back', of: 'new', found: null });
    assert.deepEqual([state.phase, state.open], ['checking', null]);
    assert.match(state.detail, /gone from the store/);
  });
});

describe('the compare of a grant', () => {
  const failed = (found: string | null, compared = encodeSession('new', 0n)): SessionEvent => ({
    kind: 'compare-failed',
    compared,
    found,
  });

  test('that met the record as it is, or a renewal in doubt, is no loss', () => {
    assert.equal(run(...FRESH, failed(encodeSession('new', 0n))).state.phase, 'serving');
    const unsure = [...FRESH, look(4_000), UNSURE];
    assert.equal(run(...unsure, failed(encodeSession('new', 1n))).state.phase, 'serving');
    assert.equal(run(...unsure, failed(encodeSession('other', 1n))).state.phase, 'checking');
  });

  test('says nothing to a service without a session', () => {
    const { state } = run(look(0), failed(null));
    assert.deepEqual(state, run(look(0)).state);
  });

  test('names another process, and a store without the record', () => {
    assert.match(run(...FRESH, failed(encodeSession('x', 1n))).state.detail, /another process/);
    assert.match(run(...FRESH, failed(null)).state.detail, /is gone from the store/);
    const { effects, state } = run(...FRESH, failed(encodeSession('old', 9n)));
    assert.match(state.detail, /it holds the session before this one/);
    assert.deepEqual(effects.at(-1), { kind: 'wait', ms: RETRY_MS });
    assert.deepEqual(effects[0], {
      kind: 'log',
      level: 'error',
      event: 'store-went-back',
      text: state.detail,
    });
  });

  test('that met a renewal, and is answered after the next one, is no loss', () => {
    const twice = [...FRESH, look(4_000), renewed(APPLIED), look(8_000), renewed(APPLIED, 8_000)];
    assert.equal(run(...twice).state.open?.counter, 2n);
    const late = run(...twice, failed(encodeSession('new', 1n)));
    assert.deepEqual([late.state, late.effects], [run(...twice).state, []]);
    const sent = encodeSession('new', 1n);
    assert.deepEqual(run(...twice, failed(sent, sent)).effects, [], 'the same record');
    const other = run(...twice, failed(encodeSession('stranger', 1n)));
    assert.deepEqual([other.state.open, other.state.phase], [null, 'checking'], 'another session');
    const back = run(...twice, failed(encodeSession('new', 0n), sent));
    assert.equal(back.state.open, null, 'lower than the record that it was sent with: the store went back');
    assert.equal(back.effects[0]?.kind === 'log' && back.effects[0].event, 'store-went-back');
  });

  test('of another process with a lower counter is no store that went back', () => {
    const before = [...FRESH, look(4_000), renewed(APPLIED)];
    const { effects } = run(...before, failed(encodeSession('stranger', 0n), encodeSession('new', 1n)));
    assert.deepEqual(
      effects.flatMap((effect) => (effect.kind === 'log' ? [effect.event] : [])),
      ['session'],
    );
  });

  test('with the present renewal, in another text, is no store that went back', () => {
    const found = encodeSession('new', 1n);
    const { effects, state } = run(...FRESH, look(4_000), renewed(APPLIED), failed(`${found} `));
    assert.equal(state.phase, 'checking');
    assert.ok(effects.every((effect) => effect.kind !== 'log' || effect.event === 'session'));
  });
});

describe('answers of an earlier session', () => {
  const reopened = (id: string) =>
    [
      { kind: 'lost', why: 'x' },
      look(10),
      opened({ id, text: encodeSession(id, 0n), before: 'new' }),
    ] as const;
  const next = [...FRESH, ...reopened('next')];
  const late = (events: readonly SessionEvent[], ...answers: readonly SessionEvent[]) => {
    const before = run(...events);
    for (const answer of answers)
      assert.deepEqual(stepSession(before.state, answer), { state: before.state, effects: [] }, answer.kind);
  };

  test('count for none of the comparisons of the present one', () => {
    const checking = [...next, look(11)];
    assert.equal(run(...checking).state.check, 'checking');
    late(checking, agree, { kind: 'not-checked', of: 'new', why: 'x', at: at(1) });
    const learning = [...checking, { ...agree, of: 'next' } as SessionEvent];
    assert.equal(run(...learning).state.check, 'learning');
    late(learning, learned);
  });

  test('are no loss of the present one, if a grant was compared with the earlier record', () => {
    const compared = encodeSession('new', 0n);
    late(next, { kind: 'compare-failed', compared, found: encodeSession('new', 1n) });
    late(next, { kind: 'compare-failed', compared, found: null });
  });
});

describe('the comparison of memories', () => {
  test('counts once: a later answer of the same question says nothing', () => {
    const { state } = run(...CHECKING, agree);
    assert.equal(state.check, 'learning');
    assert.deepEqual(stepSession(state, agree).state, state);
    const serving = run(...FRESH).state;
    assert.equal(serving.check, 'none');
    for (const late of [agree, learned]) assert.deepEqual(stepSession(serving, late).state, serving);
    const early = run(...CHECKING, learned).state;
    assert.equal(early.phase, 'starting', 'no mark was learned yet');
  });

  test('ends the wait of the loop when the service may serve', () => {
    const { effects } = run(...FRESH);
    assert.deepEqual(kinds(effects), ['log', 'wake']);
    assert.deepEqual(effects[0], {
      kind: 'log',
      level: 'info',
      event: 'session',
      text: 'the service is serving: memory and store agree',
    });
  });

  test('says once that an obstacle is there', () => {
    const obstacle = { state: 'behind', why: 'our own memory is ahead' } as const;
    const one = { kind: 'checked', of: 'new', obstacle, agreed: [], at: at(1) } as const;
    assert.deepEqual(kinds(run(...CHECKING, one).effects), ['log', 'wake']);
    assert.deepEqual(kinds(run(...CHECKING, one, look(300), one).effects), ['wake']);
  });
});

describe('the clocks', () => {
  const asked = (ms: number, steppedMs: number, allowedSkewMs: number): SessionEvent => ({
    kind: 'asked',
    at: at(ms, steppedMs),
    allowedSkewMs,
  });

  test('are measured from the opening, and no finer than a quarter of a second', () => {
    const late = [look(50), opened({ at: at(100, 7_000) })];
    assert.notEqual(run(...late, asked(200, 7_000, 0)).state.open, null);
    assert.notEqual(run(...late, asked(200, 7_250, 0)).state.open, null);
    const { state, effects } = run(...late, asked(200, 7_251, 0));
    assert.deepEqual([state.open, state.phase], [null, 'checking']);
    assert.deepEqual(effects[0], {
      kind: 'log',
      level: 'error',
      event: 'clock-stepped',
      text: 'the clock of this machine was stepped by 251 ms',
    });
    assert.equal(kinds(effects).filter((kind) => kind === 'log').length, 2, 'it ends once');
  });

  test('end a session that lapsed, and say so, also while the loop looks for its next act', () => {
    const { state } = run(...FRESH, asked(TTL_MS + 1, 0, SKEW_MS));
    assert.match(state.detail, /lapsed/);
    const looked = run(...FRESH, look(TTL_MS + 1));
    assert.deepEqual([looked.state.phase, looked.state.open], ['checking', null]);
    assert.deepEqual(kinds(looked.effects), ['log', 'wake', 'open'], 'a lapsed session is not renewed');
  });
});

describe('the end', () => {
  test('a draining service waits for its renewals', () => {
    const { state } = run(...CHECKING, { kind: 'not-checked', of: 'new', why: 'no', at: at(1) });
    const drained = stepSession(state, { kind: 'drain' });
    assert.deepEqual(stepSession(drained.state, look(900)).effects, [{ kind: 'wait', ms: 2_100 }]);
  });

  test('a stopped service takes no event any more', () => {
    const { state, effects } = run(...FRESH, { kind: 'stopped' });
    assert.deepEqual([state.phase, kinds(effects)], ['stopped', ['wake']]);
    for (const event of [look(4_000), { kind: 'cancel-undelivered' }, { kind: 'drain' }] as const)
      assert.deepEqual(stepSession(state, event), { state, effects: [] });
  });

  test('only the end of a service that served drops its work', () => {
    const early = run(...CHECKING, { kind: 'lost', why: 'x' });
    assert.equal(early.state.generation, 0);
    const lost = run(...FRESH, { kind: 'lost', why: 'x' }).state;
    assert.deepEqual([lost.generation, lost.phase, lost.detail], [1, 'checking', 'x']);
    const asked = run(...FRESH, { kind: 'cancel-undelivered' }).state;
    assert.deepEqual([asked.generation, asked.phase], [1, 'serving'], 'the service goes on');
    const levels = run(...FRESH, { kind: 'behind', why: 'x' }).effects.flatMap((effect) =>
      effect.kind === 'log' ? [effect.level] : [],
    );
    assert.deepEqual(levels, ['error']);
    const warned = run(...FRESH, { kind: 'lost', why: 'x' }).effects[0];
    assert.equal(warned?.kind === 'log' && warned.level, 'warn');
  });
});
