import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeSession } from './record.ts';
import {
  type Act,
  become,
  end,
  endIfOver,
  type Line,
  nextAct,
  onChecked,
  onCompareFailed,
  onLearned,
  onNotChecked,
  onNotOpened,
  onNotReadBack,
  onOpened,
  onReadBack,
  onRenewed,
  RETRY_MS,
  type Turn,
} from './rules.ts';
import { type KnownSession, startedSession } from './state.ts';
import type { Opened, RenewalAnswer } from './store-calls.ts';

type Change = (turn: Turn) => unknown;
type Effect =
  | Act
  | ({ readonly kind: 'log' } & Line)
  | { readonly kind: 'wake' }
  | { readonly kind: 'learn' };

const TTL_MS = 9_000;
const SKEW_MS = 500;
const START_MS = 1_700_000_000_000;
const at = (ms: number, steppedMs = 0) => ({ nowMs: START_MS + ms + steppedMs, monotonicMs: ms });
const look =
  (ms: number): Change =>
  (turn) =>
    nextAct(turn, at(ms), SKEW_MS);
const opened =
  (change: Partial<Opened> = {}): Change =>
  (turn) =>
    onOpened(turn, {
      id: 'new',
      text: encodeSession('new', 0n),
      before: 'old',
      leaseId: 'lease',
      ttlMs: TTL_MS,
      askedMs: 0,
      at: at(0),
      ...change,
    });
const checked =
  (found: Parameters<typeof onChecked>[2], of = 'new'): Change =>
  (turn) =>
    onChecked(turn, of, found, at(1));
const agree = checked({ obstacle: null, agreed: [] });
const learned: Change = (turn) => onLearned(turn, 'new');
const notChecked: Change = (turn) => onNotChecked(turn, 'new', 'no', at(1));
const renewed =
  (answer: RenewalAnswer, askedMs = 4_000): Change =>
  (turn) =>
    onRenewed(turn, 'new', askedMs, answer);
const readBack =
  (found: string | null): Change =>
  (turn) =>
    onReadBack(turn, 'new', found);
const notReadBack: Change = (turn) => onNotReadBack(turn, 'new', 'no route');
const failed =
  (found: string | null, compared = encodeSession('new', 0n)): Change =>
  (turn) =>
    onCompareFailed(turn, compared, found);
const asked =
  (ms: number, steppedMs = 0, allowedSkewMs = SKEW_MS): Change =>
  (turn) =>
    endIfOver(turn, at(ms, steppedMs), allowedSkewMs);
const notOpened: Change = (turn) => onNotOpened(turn, 'no route');
const lost: Change = (turn) => end(turn, 'checking', 'x');
const behind: Change = (turn) => end(turn, 'behind', 'x');
const drain: Change = (turn) => become(turn, 'draining', 'the service is stopping');
const APPLIED = { kind: 'applied' } as const;
const UNSURE = renewed({ kind: 'ambiguous' }, 8_000);

/** Makes changes one after another to a copy. The session then, and the effects of the last one. */
function after(before: KnownSession, ...changes: readonly Change[]) {
  const state = structuredClone(before);
  let effects: readonly Effect[] = [];
  for (const change of changes) {
    const turn: Turn = { session: state, lines: [], wakes: false };
    const act = change(turn) as Act | boolean | undefined;
    const logs = turn.lines.map((line) => ({ kind: 'log', ...line }) as const);
    const next = typeof act === 'object' ? [act] : act === true ? [{ kind: 'learn' } as const] : [];
    effects = [...logs, ...(turn.wakes ? [{ kind: 'wake' } as const] : []), ...next];
  }
  return { state, effects };
}

const run = (...changes: readonly Change[]) => after(startedSession(), ...changes);

/** A service that serves, with one renewal done. */
const CHECKING = [look(0), opened(), look(1)];
const FRESH = [...CHECKING, agree, learned];
const SERVING = [...FRESH, look(4_000), renewed(APPLIED)];
const kinds = (effects: readonly Effect[]) => effects.map(({ kind }) => kind);
const events = (effects: readonly Effect[]) =>
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
  const grant = run(...SERVING, failed(found, compared));
  assert.equal(grant.state.phase, 'checking');
  assert.equal(grant.state.open, null);
  assert.deepEqual(events(grant.effects), ['store-went-back', 'session']);
  const renewal = run(...SERVING, look(8_000), renewed({ kind: 'conflict', found }, 8_000));
  assert.deepEqual(events(renewal.effects), ['store-went-back', 'session']);
  assert.match(renewal.state.detail, /holds renewal 0 of the session, renewal 1 was written/);
});

test('a grant that met a renewal is not a loss, whether its answer has come or not', () => {
  const compared = encodeSession('new', 1n);
  const found = encodeSession('new', 2n);
  const underWay = run(...SERVING, look(8_000), failed(found, compared));
  assert.equal(underWay.state.phase, 'serving');
  const over = run(...SERVING, look(8_000), renewed({ kind: 'applied' }, 8_000), failed(found, compared));
  assert.equal(over.state.phase, 'serving');
});

test('after an ambiguous renewal the record is read before anything else', () => {
  const unsure: readonly Change[] = [...SERVING, look(8_000), renewed({ kind: 'ambiguous' }, 8_000)];
  assert.equal(run(...unsure).state.task.kind, 'unsure');
  assert.deepEqual(run(...unsure, look(8_001)).effects, [{ kind: 'read-back', of: 'new' }]);
  const applied = run(...unsure, readBack(encodeSession('new', 2n)));
  assert.equal(applied.state.open?.counter, 2n);
  assert.equal(applied.state.open?.aliveUntilMs, 4_000 + TTL_MS, 'when it was applied is not known');
  const lost = run(...unsure, readBack(encodeSession('new', 1n)));
  assert.equal(lost.state.open?.counter, 1n);
  assert.equal(lost.state.task.kind, 'none');
  const back = run(...unsure, readBack(encodeSession('new', 0n)));
  assert.deepEqual(events(back.effects), ['store-went-back', 'session']);
});

test('a renewal that applies late counts as the one that repeats it', () => {
  const { state } = run(
    ...SERVING,
    look(8_000),
    renewed({ kind: 'ambiguous' }, 8_000),
    readBack(encodeSession('new', 1n)),
    look(8_100),
    renewed({ kind: 'conflict', found: encodeSession('new', 2n) }, 8_100),
  );
  assert.equal(state.phase, 'serving');
  assert.equal(state.open?.text, encodeSession('new', 2n));
});

test('an obstacle keeps the service from serving, and it looks again', () => {
  const obstacle = { state: 'behind', why: 'our own memory is ahead' } as const;
  const met = checked({ obstacle, agreed: ['two'] });
  const { state, effects } = run(...CHECKING, met);
  assert.equal(state.phase, 'behind');
  assert.deepEqual(kinds(effects), ['log', 'wake']);
  assert.deepEqual(after(state, look(101)).effects, [{ kind: 'wait', ms: 150 }]);
  const again = after(state, look(300));
  assert.deepEqual(again.effects, [{ kind: 'check', of: 'new', except: new Set(['two']) }]);
  assert.deepEqual(kinds(after(again.state, met).effects), ['wake'], 'it is said once');
});

test('undelivered work is dropped when the session ends', () => {
  assert.equal(run(...SERVING, behind).state.generation, 1);
  assert.equal(run(...SERVING, drain).state.generation, 0, 'draining ends what is under way in peace');
  assert.equal(run(...SERVING, drain, lost).state.generation, 1);
});

test('a draining service renews and opens nothing new', () => {
  const { state } = run(...SERVING, drain);
  assert.deepEqual(kinds(after(state, look(8_000)).effects), ['renew']);
  const ended = after(state, lost).state;
  assert.equal(ended.phase, 'draining');
  assert.deepEqual(kinds(after(ended, look(8_000)).effects), ['wait']);
});

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
    const { state, effects } = run(look(0), notOpened);
    assert.equal(state.task.kind, 'none');
    assert.deepEqual(effects.at(-1), { kind: 'wait', ms: RETRY_MS });
    assert.deepEqual(kinds(after(state, look(300)).effects), ['open']);
  });
});

describe('renewals', () => {
  test('are under way from their effect to their answer, and only then', () => {
    const underWay = run(...FRESH, look(4_000));
    assert.deepEqual(underWay.state.task, { kind: 'renewing', to: encodeSession('new', 1n) });
    const done = after(underWay.state, renewed(APPLIED));
    assert.equal(done.state.task.kind, 'none');
    assert.equal(done.state.open?.aliveUntilMs, 4_000 + TTL_MS);
    const again = after(done.state, renewed(APPLIED));
    assert.deepEqual([again.state, again.effects], [done.state, []], 'an answer without a question');
  });

  test('of a service that serves let it look at the others, of another one do not', () => {
    const serving = run(...FRESH, look(4_000), renewed(APPLIED));
    assert.deepEqual(serving.effects, [{ kind: 'serve-others' }]);
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

describe('the next act', () => {
  test('is a renewal once two thirds of the life are left, a comparison when it is due, and a wait else', () => {
    assert.deepEqual(run(...FRESH, look(2_000)).effects, [{ kind: 'wait', ms: 1_000 }]);
    assert.deepEqual(kinds(run(...FRESH, look(3_000)).effects), ['renew']);
    assert.deepEqual(run(...CHECKING, look(100)).effects, [{ kind: 'wait', ms: 2_900 }], 'it is under way');
    assert.deepEqual(kinds(run(...CHECKING, notChecked, look(251)).effects), ['check']);
    assert.deepEqual(run(...CHECKING, agree).effects, [{ kind: 'learn' }]);
  });

  test('comes at once after a comparison that failed, whose reason is shown until the service serves', () => {
    const { state, effects } = run(...CHECKING, notChecked);
    assert.deepEqual(effects, [{ kind: 'wake' }]);
    assert.deepEqual([state.check, state.detail], ['none', 'the store does not answer: no']);
    assert.equal(run(...FRESH, notChecked).state.detail, 'memory and store agree');
    const ended = run(...FRESH, lost);
    assert.deepEqual(
      after(ended.state, notChecked, renewed(APPLIED)).state,
      ended.state,
      'no session is open',
    );
  });
});

test('the first write that the store does not take is logged, and the first that it takes again', () => {
  const text = 'the store did not take a write, and without it no unit is granted: no route';
  const down = { kind: 'log', level: 'error', event: 'store-down', text };
  const up = { kind: 'log', level: 'info', event: 'store-up', text: 'the store takes writes again' };
  const wait = { kind: 'wait', ms: RETRY_MS };
  assert.deepEqual(run(look(0), notOpened).effects, [down, wait]);
  assert.deepEqual(run(look(0), notOpened, look(250), notOpened).effects, [wait]);
  assert.deepEqual(run(look(0), notOpened, look(250), opened()).effects, [up]);
  const fails = renewed({ kind: 'failed', why: 'no route' });
  const failing = [...FRESH, look(4_000), fails];
  assert.deepEqual(run(...failing).effects, [down, wait]);
  assert.deepEqual(run(...failing, look(4_250), renewed(APPLIED)).effects, [up, { kind: 'serve-others' }]);
  const inDoubt = [...FRESH, look(4_000), UNSURE, look(4_001), notReadBack];
  assert.deepEqual(run(...inDoubt).effects, [down, wait], 'a write in doubt that cannot be read back');
  const cause = (...changes: readonly Change[]) => run(...changes, asked(TTL_MS + 1)).state.detail;
  for (const down of [failing, inDoubt])
    assert.equal(cause(...down), 'the session lapsed: the store did not take it: no route');
  assert.match(cause(...FRESH), /^the session lapsed: it was not renewed in time; look at the load/);
});

describe('the compare of a grant', () => {
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

  test('with the present renewal, in another text, is no store that went back', () => {
    const found = encodeSession('new', 1n);
    const { effects, state } = run(...FRESH, look(4_000), renewed(APPLIED), failed(`${found} `));
    assert.equal(state.phase, 'checking');
    assert.ok(effects.every((effect) => effect.kind !== 'log' || effect.event === 'session'));
  });
});

describe('answers of an earlier session', () => {
  const reopened = (id: string) =>
    [lost, look(10), opened({ id, text: encodeSession(id, 0n), before: 'new' })] as const;
  const next = [...FRESH, ...reopened('next')];
  const late = (events: readonly Change[], ...answers: readonly Change[]) => {
    const before = run(...events);
    for (const [index, answer] of answers.entries())
      assert.deepEqual(after(before.state, answer), { state: before.state, effects: [] }, String(index));
  };

  test('count for none of the comparisons of the present one', () => {
    const checking = [...next, look(11)];
    assert.equal(run(...checking).state.check, 'checking');
    late(checking, agree, notChecked);
    const learning = [...checking, checked({ obstacle: null, agreed: [] }, 'next')];
    assert.equal(run(...learning).state.check, 'learning');
    late(learning, learned);
  });

  test('are no renewals of the present one', () => {
    late([...next, look(4_000)], renewed(APPLIED), notReadBack);
    const unsure: Change = (turn) => onRenewed(turn, 'next', 4_000, { kind: 'ambiguous' });
    late([...next, look(4_000), unsure], readBack(null), notReadBack);
  });

  test('are no loss of the present one, if a grant was compared with the earlier record', () => {
    const compared = encodeSession('new', 0n);
    late(next, failed(encodeSession('new', 1n), compared));
    late(next, failed(null, compared));
  });
});

describe('the comparison of memories', () => {
  test('counts once: a later answer of the same question says nothing', () => {
    const { state } = run(...CHECKING, agree);
    assert.equal(state.check, 'learning');
    assert.deepEqual(after(state, agree).state, state);
    const serving = run(...FRESH).state;
    assert.equal(serving.check, 'none');
    for (const late of [agree, learned]) assert.deepEqual(after(serving, late).state, serving);
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
});

describe('the clocks', () => {
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
      text: 'the clock of this machine was stepped by 251 ms; let one time service set it',
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
    const { state } = run(...CHECKING, notChecked);
    const drained = after(state, drain);
    assert.deepEqual(after(drained.state, look(900)).effects, [{ kind: 'wait', ms: 2_100 }]);
  });

  test('only the end of a service that served drops its work', () => {
    const early = run(...CHECKING, lost);
    assert.equal(early.state.generation, 0);
    const ended = run(...FRESH, lost).state;
    assert.deepEqual([ended.generation, ended.phase, ended.detail], [1, 'checking', 'x']);
    const levels = run(...FRESH, behind).effects.flatMap((effect) =>
      effect.kind === 'log' ? [effect.level] : [],
    );
    assert.deepEqual(levels, ['error']);
    const warned = run(...FRESH, lost).effects[0];
    assert.equal(warned?.kind === 'log' && warned.level, 'warn');
  });
});
