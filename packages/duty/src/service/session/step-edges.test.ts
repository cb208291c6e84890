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
const look = (ms: number): SessionEvent => ({ kind: 'look', at: at(ms), allowedSkewMs: SKEW_MS });
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
const learned: SessionEvent = { kind: 'learned', of: 'new' };
const renewed = (
  answer: Extract<SessionEvent, { kind: 'renewed' }>['answer'],
  askedMs = 4_000,
): SessionEvent => ({ kind: 'renewed', of: 'new', askedMs, answer });
const APPLIED = { kind: 'applied' } as const;
const UNSURE = renewed({ kind: 'ambiguous' });

function run(...events: readonly SessionEvent[]): {
  state: SessionMachine;
  effects: readonly SessionEffect[];
} {
  return events.reduce<{ state: SessionMachine; effects: readonly SessionEffect[] }>(
    ({ state }, event) => stepSession(state, event),
    { state: startedSession(), effects: [] },
  );
}
const CHECKING = [look(0), opened(), look(1)];
const SERVING = [...CHECKING, agree, learned];
const kinds = (effects: readonly SessionEffect[]) => effects.map(({ kind }) => kind);

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
    const underWay = run(...SERVING, look(4_000));
    assert.deepEqual(underWay.state.task, { kind: 'renewing', to: encodeSession('new', 1n) });
    const done = stepSession(underWay.state, renewed(APPLIED));
    assert.equal(done.state.task.kind, 'none');
    assert.equal(done.state.open?.aliveUntilMs, 4_000 + TTL_MS);
    const again = stepSession(done.state, renewed(APPLIED));
    assert.deepEqual([again.state, again.effects], [done.state, []], 'an answer without a question');
  });

  test('of a service that serves let it look at the others, of another one do not', () => {
    const serving = run(...SERVING, look(4_000), renewed(APPLIED));
    assert.deepEqual(serving.effects, [{ kind: 'serve-others', of: 'new' }]);
    assert.deepEqual(run(...CHECKING, look(4_000), renewed(APPLIED)).effects, []);
  });

  test('that failed leave the record as it was and nothing under way', () => {
    const { state } = run(...SERVING, look(4_000), renewed({ kind: 'failed', why: 'no route' }));
    assert.deepEqual([state.task.kind, state.open?.counter], ['none', 0n]);
    assert.equal(state.detail, 'memory and store agree', 'a service that serves goes on');
  });

  test('of an expired lease end the session', () => {
    const { state, effects } = run(...SERVING, look(4_000), renewed({ kind: 'lease-expired' }));
    assert.deepEqual([state.phase, state.open, state.generation], ['checking', null, 1]);
    assert.match(state.detail, /expired in the store/);
    assert.deepEqual(kinds(effects), ['log', 'wake']);
  });
});

describe('a record that was read back', () => {
  test('without a renewal in doubt says nothing', () => {
    for (const before of [SERVING, [...SERVING, look(4_000)]]) {
      const { state } = run(...before);
      const found = encodeSession('stranger', 9n);
      assert.deepEqual(stepSession(state, { kind: 'read-back', of: 'new', found }).state, state);
    }
  });

  test('leaves no renewal under way, whichever of the two it is', () => {
    for (const counter of [0n, 1n]) {
      const found = encodeSession('new', counter);
      const { state } = run(...SERVING, look(4_000), UNSURE, { kind: 'read-back', of: 'new', found });
      assert.deepEqual([state.task.kind, state.open?.text, state.phase], ['none', found, 'serving']);
    }
  });

  test('that is gone ends the session', () => {
    const { state } = run(...SERVING, look(4_000), UNSURE, { kind: 'read-back', of: 'new', found: null });
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
    assert.equal(run(...SERVING, failed(encodeSession('new', 0n))).state.phase, 'serving');
    const unsure = [...SERVING, look(4_000), UNSURE];
    assert.equal(run(...unsure, failed(encodeSession('new', 1n))).state.phase, 'serving');
    assert.equal(run(...unsure, failed(encodeSession('other', 1n))).state.phase, 'checking');
  });

  test('says nothing to a service without a session', () => {
    const { state } = run(look(0), failed(null));
    assert.deepEqual(state, run(look(0)).state);
  });

  test('names another process, and a store without the record', () => {
    assert.match(run(...SERVING, failed(encodeSession('x', 1n))).state.detail, /another process/);
    assert.match(run(...SERVING, failed(null)).state.detail, /is gone from the store/);
    const { effects, state } = run(...SERVING, failed(encodeSession('old', 9n)));
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
    const twice = [...SERVING, look(4_000), renewed(APPLIED), look(8_000), renewed(APPLIED, 8_000)];
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
    const before = [...SERVING, look(4_000), renewed(APPLIED)];
    const { effects } = run(...before, failed(encodeSession('stranger', 0n), encodeSession('new', 1n)));
    assert.deepEqual(
      effects.flatMap((effect) => (effect.kind === 'log' ? [effect.event] : [])),
      ['session'],
    );
  });

  test('with the present renewal, in another text, is no store that went back', () => {
    const found = encodeSession('new', 1n);
    const { effects, state } = run(...SERVING, look(4_000), renewed(APPLIED), failed(`${found} `));
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
  const next = [...SERVING, ...reopened('next')];
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
    const serving = run(...SERVING).state;
    assert.equal(serving.check, 'none');
    for (const late of [agree, learned]) assert.deepEqual(stepSession(serving, late).state, serving);
    const early = run(...CHECKING, learned).state;
    assert.equal(early.phase, 'starting', 'no mark was learned yet');
  });

  test('ends the wait of the loop when the service may serve', () => {
    const { effects } = run(...SERVING);
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
    const { state } = run(...SERVING, asked(TTL_MS + 1, 0, SKEW_MS));
    assert.match(state.detail, /lapsed/);
    const looked = run(...SERVING, look(TTL_MS + 1));
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
    const { state, effects } = run(...SERVING, { kind: 'stopped' });
    assert.deepEqual([state.phase, kinds(effects)], ['stopped', ['wake']]);
    for (const event of [look(4_000), { kind: 'cancel-undelivered' }, { kind: 'drain' }] as const)
      assert.deepEqual(stepSession(state, event), { state, effects: [] });
  });

  test('only the end of a service that served drops its work', () => {
    const early = run(...CHECKING, { kind: 'lost', why: 'x' });
    assert.equal(early.state.generation, 0);
    const lost = run(...SERVING, { kind: 'lost', why: 'x' }).state;
    assert.deepEqual([lost.generation, lost.phase, lost.detail], [1, 'checking', 'x']);
    const asked = run(...SERVING, { kind: 'cancel-undelivered' }).state;
    assert.deepEqual([asked.generation, asked.phase], [1, 'serving'], 'the service goes on');
    const levels = run(...SERVING, { kind: 'behind', why: 'x' }).effects.flatMap((effect) =>
      effect.kind === 'log' ? [effect.level] : [],
    );
    assert.deepEqual(levels, ['error']);
    const warned = run(...SERVING, { kind: 'lost', why: 'x' }).effects[0];
    assert.equal(warned?.kind === 'log' && warned.level, 'warn');
  });
});
