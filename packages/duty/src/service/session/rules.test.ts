import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeSession, encodeSession } from './record.ts';
import {
  type Act,
  become,
  end,
  endIfOver,
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

const TTL_MS = 9_000;
const SKEW_MS = 500;
const START_MS = 1_700_000_000_000;
const at = (ms: number, steppedMs = 0) => ({ nowMs: START_MS + ms + steppedMs, monotonicMs: ms });
/** The text of the record at this renewal. */
const text = (counter: number, id = 'new') => encodeSession(id, BigInt(counter));
const look =
  (ms: number): Change =>
  (turn) =>
    nextAct(turn, at(ms), SKEW_MS);
const RECORD = { id: 'new', text: text(0), before: 'old', leaseId: 'lease', ttlMs: TTL_MS };
const opened =
  (change: Partial<Opened> = {}): Change =>
  (turn) =>
    onOpened(turn, { ...RECORD, askedMs: 0, at: at(0), ...change });
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
  (found: string | null, compared = text(0)): Change =>
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
const AMBIGUOUS = { kind: 'ambiguous' } as const;
const NO_ROUTE = { kind: 'failed', why: 'no route' } as const;
const met = (found: string) => ({ kind: 'conflict', found }) as const;

/** Makes changes one after another to a copy. The session then, and the effects of the last one. */
function after(before: KnownSession, ...changes: readonly Change[]) {
  const state = structuredClone(before);
  let effects: readonly string[] = [];
  let texts: readonly string[] = [];
  for (const change of changes) {
    const turn: Turn = { session: state, lines: [], wakes: false };
    const act = change(turn) as Act | boolean | undefined;
    texts = turn.lines.map(({ text }) => text);
    const logs = turn.lines.map(({ level, event }) => `${level} ${event}`);
    const next = typeof act === 'object' ? [nameOf(act)] : act === true ? ['learn'] : [];
    effects = [...logs, ...(turn.wakes ? ['wake'] : []), ...next];
  }
  return { state, effects, texts };
}

function nameOf(act: Act): string {
  if (act.kind === 'wait') return `wait ${act.ms}`;
  if (act.kind === 'check') return `check ${act.of} but for ${[...act.except].join() || 'none'}`;
  return 'of' in act ? `${act.kind} ${act.of}` : act.kind;
}

const run = (...changes: readonly Change[]) => after(startedSession(), ...changes);

/** The session, then the effects. For example `serving, renewal 1 until 13000, unsure to 2: wake`. */
function shown(...changes: readonly Change[]): string {
  const { state, effects } = run(...changes);
  const { phase, open, task, check, generation } = state;
  const facts: string[] = [phase, open === null ? 'no session' : `renewal ${open.counter}`];
  if (open !== null) {
    assert.equal(open.text, encodeSession(open.id, open.counter));
    facts.push(`${facts.pop()} until ${open.aliveUntilMs}`);
  }
  if ('to' in task) facts.push(`${task.kind} to ${decodeSession(task.to).counter}`);
  else if (task.kind !== 'none') facts.push(task.kind);
  if (check !== 'none') facts.push(check);
  if (generation > 0) facts.push(`dropped ${generation}`);
  return `${facts.join(', ')}${effects.length === 0 ? '' : `: ${effects.join(', ')}`}`;
}

/** A service that serves, with one renewal done. */
const CHECKING = [look(0), opened(), look(1)];
const FRESH = [...CHECKING, agree, learned];
const RENEWING = [...FRESH, look(4_000)];
const SERVING = [...RENEWING, renewed(APPLIED)];
const AGAIN = [...SERVING, look(8_000)];
const TWICE = [...AGAIN, renewed(APPLIED, 8_000)];
const IN_DOUBT = [...AGAIN, renewed(AMBIGUOUS, 8_000)];
const ENDED = 'checking, no session, dropped 1: warn session, wake';
const WENT_BACK = 'checking, no session, dropped 1: error store-went-back, warn session, wake';

/** After these changes, these answers change nothing and say nothing. */
function late(changes: readonly Change[], ...answers: readonly Change[]): void {
  const { state } = run(...changes);
  for (const [index, answer] of answers.entries())
    assert.deepEqual(after(state, answer), { state, effects: [], texts: [] }, String(index));
}

test('each renewal raises the counter and compares the record before it', () => {
  const turn: Turn = { session: run(...SERVING).state, lines: [], wakes: false };
  const renewal = { kind: 'renew', of: 'new', from: text(1), to: text(2), leaseId: 'lease' };
  assert.deepEqual(nextAct(turn, at(8_000), SKEW_MS), renewal);
});

test('a lower counter in the store ends the session with an alarm', () => {
  assert.equal(shown(...SERVING, failed(text(0), text(1))), WENT_BACK);
  const renewal = [...AGAIN, renewed(met(text(0)), 8_000)];
  assert.equal(shown(...renewal), WENT_BACK);
  assert.match(run(...renewal).state.detail, /holds renewal 0 of the session, renewal 1 was written/);
});

test('a grant that met a renewal is not a loss, whether its answer has come or not', () => {
  const grant = failed(text(2), text(1));
  assert.equal(shown(...AGAIN, grant), 'serving, renewal 1 until 13000, renewing to 2');
  assert.equal(shown(...TWICE, grant), 'serving, renewal 2 until 17000');
});

test('after an ambiguous renewal the record is read before anything else', () => {
  const unsure = 'serving, renewal 1 until 13000, unsure to 2';
  assert.equal(shown(...IN_DOUBT), unsure);
  assert.equal(shown(...IN_DOUBT, look(8_001)), `${unsure}: read-back new`);
  const applied = shown(...IN_DOUBT, readBack(text(2)));
  assert.equal(applied, 'serving, renewal 2 until 13000', 'when it was applied is not known');
  assert.equal(shown(...IN_DOUBT, readBack(text(1))), 'serving, renewal 1 until 13000');
  assert.equal(shown(...IN_DOUBT, readBack(text(0))), WENT_BACK);
});

test('a renewal that applies late counts as the one that repeats it, and a grant may meet it before', () => {
  const grant = failed(text(2), text(1));
  assert.equal(shown(...IN_DOUBT, readBack(text(1)), grant), 'serving, renewal 2 until 13000');
  assert.equal(shown(...SERVING, grant), ENDED, 'a copy of this process renews the session too');
  const repeated = [readBack(text(1)), look(8_100), renewed(met(text(2)), 8_100)];
  assert.equal(shown(...IN_DOUBT, ...repeated), 'serving, renewal 2 until 17100: serve-others');
});

test('an obstacle keeps the service from serving, and it looks again', () => {
  const obstacle = { state: 'behind', why: 'our own memory is ahead' } as const;
  const found = [...CHECKING, checked({ obstacle, agreed: ['two'] })];
  const behind = 'behind, renewal 0 until 9000';
  assert.equal(shown(...found), `${behind}: error session, wake`);
  assert.equal(shown(...found, look(101)), `${behind}: wait 150`);
  assert.equal(shown(...found, look(300)), `${behind}, checking: check new but for two`);
  const again = [...found, look(300), checked({ obstacle, agreed: [] })];
  assert.equal(shown(...again), `${behind}: wake`, 'it is said once');
  assert.equal(shown(...again, look(600)), `${behind}, checking: check new but for two`);
});

test('undelivered work is dropped when the session ends', () => {
  assert.equal(shown(...FRESH, lost), ENDED);
  assert.equal(run(...FRESH, lost).state.detail, 'x');
  assert.equal(shown(...CHECKING, lost), 'checking, no session: warn session, wake');
  assert.equal(shown(...SERVING, behind), 'behind, no session, dropped 1: error session, wake');
  const draining = 'draining, renewal 1 until 13000: warn session';
  assert.equal(shown(...SERVING, drain), draining, 'draining ends what is under way in peace');
  assert.equal(shown(...SERVING, drain, lost), 'draining, no session, dropped 1: wake');
});

test('a draining service renews, waits for its renewals, and opens nothing new', () => {
  const renewing = 'draining, renewal 1 until 13000, renewing to 2: renew new';
  assert.equal(shown(...SERVING, drain, look(8_000)), renewing);
  assert.equal(shown(...SERVING, drain, lost, look(8_000)), 'draining, no session, dropped 1: wait 250');
  const checking = [...CHECKING, notChecked, drain, look(900)];
  assert.equal(shown(...checking), 'draining, renewal 0 until 9000: wait 2100');
});

describe('the beginning', () => {
  test('no session is open, and no work is under way', () => {
    assert.equal(shown(), 'starting, no session');
    assert.equal(shown(look(0)), 'starting, no session, opening: open');
    assert.equal(shown(...CHECKING), 'starting, renewal 0 until 9000, checking: check new but for none');
  });

  test('a session lives from the moment when its lease was asked for, not from the answer', () => {
    const changes = [look(5), opened({ askedMs: 5, at: at(800) })];
    assert.equal(shown(...changes), 'starting, renewal 0 until 9005');
    const open = { ...RECORD, counter: 0n, aliveUntilMs: 5 + TTL_MS, openedAt: at(800) };
    assert.deepEqual(run(...changes).state.open, open);
  });

  test('a session that was not written leaves nothing under way, and is tried again', () => {
    assert.equal(shown(look(0), notOpened), `starting, no session: error store-down, wait ${RETRY_MS}`);
    assert.equal(shown(look(0), notOpened, look(300)), 'starting, no session, opening: open');
  });
});

describe('renewals', () => {
  test('are under way from their effect to their answer, and only then', () => {
    assert.equal(shown(...RENEWING), 'serving, renewal 0 until 9000, renewing to 1: renew new');
    late(SERVING, renewed(APPLIED));
  });

  test('of a service that serves let it look at the others, of another one do not', () => {
    assert.equal(shown(...SERVING), 'serving, renewal 1 until 13000: serve-others');
    const checking = [...CHECKING, look(4_000), renewed(APPLIED)];
    assert.equal(shown(...checking), 'starting, renewal 1 until 13000, checking');
  });

  test('that failed leave the record as it was and nothing under way', () => {
    const changes = [...RENEWING, renewed(NO_ROUTE)];
    assert.equal(shown(...changes), 'serving, renewal 0 until 9000: error store-down, wait 250');
    assert.equal(run(...changes).state.detail, 'memory and store agree', 'a service that serves goes on');
  });

  test('of an expired lease end the session', () => {
    const changes = [...RENEWING, renewed({ kind: 'lease-expired' })];
    assert.equal(shown(...changes), ENDED);
    assert.match(run(...changes).state.detail, /expired in the store/);
  });
});

describe('the next act', () => {
  test('is a renewal once two thirds of the life are left, a comparison when it is due, and a wait else', () => {
    const effects = (...changes: readonly Change[]) => run(...changes).effects.join();
    assert.equal(effects(...FRESH, look(2_000)), 'wait 1000');
    assert.equal(effects(...FRESH, look(3_000)), 'renew new');
    assert.equal(effects(...CHECKING, look(100)), 'wait 2900', 'it is under way');
    assert.equal(effects(...CHECKING, notChecked, look(251)), 'check new but for none');
    assert.equal(shown(...CHECKING, agree), 'starting, renewal 0 until 9000, learning: learn');
  });

  test('comes at once after a comparison that failed, whose reason is shown until the service serves', () => {
    assert.equal(shown(...CHECKING, notChecked), 'starting, renewal 0 until 9000: wake');
    assert.equal(run(...CHECKING, notChecked).state.detail, 'the store does not answer: no');
    assert.equal(run(...FRESH, notChecked).state.detail, 'memory and store agree');
    late([...FRESH, lost], notChecked, renewed(APPLIED));
  });
});

test('the first write that the store does not take is logged, and the first that it takes again', () => {
  const down = 'the store did not take a write, and without it no unit is granted: no route';
  const failing = [...RENEWING, renewed(NO_ROUTE)];
  const unread = [...RENEWING, renewed(AMBIGUOUS), look(4_001), notReadBack];
  const said = (...changes: readonly Change[]) => {
    const { effects, texts } = run(...changes);
    return [effects.join(', '), ...texts];
  };
  assert.deepEqual(said(look(0), notOpened), ['error store-down, wait 250', down]);
  assert.deepEqual(said(look(0), notOpened, look(250), notOpened), ['wait 250']);
  const up = ['info store-up', 'the store takes writes again'];
  assert.deepEqual(said(look(0), notOpened, look(250), opened()), up);
  assert.equal(said(...failing, look(4_250), renewed(APPLIED))[0], 'info store-up, serve-others');
  assert.deepEqual(
    said(...unread),
    ['error store-down, wait 250', down],
    'a write in doubt is not read back',
  );
  const cause = (...changes: readonly Change[]) => run(...changes, asked(TTL_MS + 1)).state.detail;
  for (const changes of [failing, unread])
    assert.equal(cause(...changes), 'the session lapsed: the store did not take it: no route');
  assert.match(cause(...FRESH), /^the session lapsed: it was not renewed in time; look at the load/);
});

describe('the compare of a grant', () => {
  test('that met the record as it is, or a renewal in doubt, is no loss', () => {
    late(FRESH, failed(text(0)));
    const unsure = [...RENEWING, renewed(AMBIGUOUS)];
    late(unsure, failed(text(1)));
    assert.equal(shown(...unsure, failed(text(1, 'other'))), ENDED);
  });

  test('says nothing to a service without a session', () => late([look(0)], failed(null)));

  test('names another process, and a store without the record', () => {
    assert.match(run(...FRESH, failed(text(1, 'x'))).state.detail, /another process/);
    assert.match(run(...FRESH, failed(null)).state.detail, /is gone from the store/);
    const old = [...FRESH, failed(text(9, 'old'))];
    assert.equal(shown(...old), WENT_BACK);
    assert.match(run(...old).state.detail, /it holds the session before this one/);
    assert.equal(run(...old).texts[0], run(...old).state.detail);
  });

  test('that met a renewal, and is answered after the next one, is no loss', () => {
    late(TWICE, failed(text(1)), failed(text(1), text(1)));
    assert.equal(shown(...TWICE, failed(text(1, 'stranger'))), ENDED, 'another session');
    const lower = failed(text(0), text(1));
    assert.equal(shown(...TWICE, lower), WENT_BACK, 'lower than the record that it was sent with');
  });

  test('with the present renewal, in another text, is no store that went back', () => {
    assert.equal(shown(...SERVING, failed(`${text(1)} `)), ENDED);
  });
});

describe('answers of an earlier session', () => {
  const next = [...FRESH, lost, look(10), opened({ id: 'next', text: text(0, 'next'), before: 'new' })];

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
    const unsure: Change = (turn) => onRenewed(turn, 'next', 4_000, AMBIGUOUS);
    late([...next, look(4_000), unsure], readBack(null), notReadBack);
  });

  test('are no loss of the present one, if a grant was compared with the earlier record', () => {
    late(next, failed(text(1)), failed(null));
  });
});

describe('the comparison of memories', () => {
  test('counts once: a later answer of the same question says nothing', () => {
    late([...CHECKING, agree], agree);
    late(FRESH, agree, learned);
    late(CHECKING, learned);
  });

  test('ends the wait of the loop when the service may serve', () => {
    assert.equal(shown(...FRESH), 'serving, renewal 0 until 9000: info session, wake');
    assert.deepEqual(run(...FRESH).texts, ['the service is serving: memory and store agree']);
  });
});

describe('the clocks', () => {
  test('are measured from the opening, and no finer than a quarter of a second', () => {
    const stepped = (ms: number) => [look(50), opened({ at: at(100, 7_000) }), asked(200, 7_000 + ms, 0)];
    for (const ms of [0, 250]) assert.equal(shown(...stepped(ms)), 'starting, renewal 0 until 9000');
    assert.equal(shown(...stepped(251)), 'checking, no session: error clock-stepped, warn session, wake');
    const [step] = run(...stepped(251)).texts;
    assert.equal(step, 'the clock of this machine was stepped by 251 ms; let one time service set it');
  });

  test('end a session that lapsed, and say so, also while the loop looks for its next act', () => {
    assert.equal(shown(...FRESH, asked(TTL_MS)), 'serving, renewal 0 until 9000');
    assert.equal(shown(...FRESH, asked(TTL_MS + 1)), ENDED);
    const looked = 'checking, no session, opening, dropped 1: warn session, wake, open';
    assert.equal(shown(...FRESH, look(TTL_MS + 1)), looked, 'a lapsed session is not renewed');
  });
});
