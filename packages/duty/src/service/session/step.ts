import type { SessionState } from '../contract.ts';
import { decodeSession, encodeSession, type SessionRecord } from './record.ts';
import type { RenewalAnswer, SessionEffect, SessionEvent } from './session-events.ts';
import type { Moment, OpenSession, SessionMachine } from './state.ts';

/** Between two tries while the service does not serve. */
export const RETRY_MS = 250;
/** Smaller differences may be measurement errors and do not count as a step of the clock. */
const LEAST_SKEW_MS = 250;

/** A new state, and what to do next. */
export interface SessionStep {
  readonly state: SessionMachine;
  readonly effects: readonly SessionEffect[];
}

/** One step under way. The step changes it in place and drops it at its end. */
interface Turn {
  state: SessionMachine;
  readonly effects: SessionEffect[];
}

/**
 * One event of the session of a service: claim protocol section 6. Pure: the same arguments give the same
 * result. `look` yields exactly one of open, renew, read-back, check and wait.
 */
export function stepSession(state: SessionMachine, event: SessionEvent): SessionStep {
  const turn: Turn = { state, effects: [] };
  if (state.phase !== 'stopped') take(turn, event);
  return turn;
}

function take(turn: Turn, event: SessionEvent): void {
  switch (event.kind) {
    case 'look':
      endIfOver(turn, event.at, event.allowedSkewMs);
      next(turn, event.at);
      break;
    case 'asked':
      endIfOver(turn, event.at, event.allowedSkewMs);
      break;
    case 'opened':
      onOpened(turn, event);
      break;
    case 'not-opened':
      turn.state = { ...turn.state, task: { kind: 'none' } };
      unanswered(turn, event.why);
      break;
    case 'cancel-undelivered':
      turn.state = { ...turn.state, generation: turn.state.generation + 1 };
      break;
    case 'lost':
      end(turn, 'checking', event.why);
      break;
    case 'behind':
      end(turn, 'behind', event.why);
      break;
    case 'compare-failed':
      onCompareFailed(turn, event.compared, event.found);
      break;
    case 'drain':
      become(turn, 'draining', 'the service is stopping');
      break;
    case 'stopped':
      turn.state = { ...turn.state, phase: 'stopped', detail: 'the service has stopped' };
      turn.effects.push({ kind: 'wake' });
      break;
    default:
      answered(turn, event);
  }
}

type Answer = Extract<
  SessionEvent,
  { kind: 'renewed' | 'read-back' | 'not-read-back' | 'checked' | 'not-checked' | 'learned' }
>;

/** Answers of the store and of other services; those that belong to an earlier session are dropped. */
function answered(turn: Turn, event: Answer): void {
  const { open, check } = turn.state;
  if (open === null || open.id !== event.of) return;
  if (event.kind === 'renewed') onRenewed(turn, open, event.askedMs, event.answer);
  else if (event.kind === 'read-back') onReadBack(turn, open, event.found);
  else if (event.kind === 'not-read-back') wait(turn, RETRY_MS);
  else if (event.kind === 'checked' && check === 'checking') onChecked(turn, event);
  else if (event.kind === 'learned' && check === 'learning') onLearned(turn);
  else if (event.kind === 'not-checked') {
    saidNothing(turn, event.why);
    checkLater(turn, event.at);
  }
}

/** The next act when the loop is idle. */
function next(turn: Turn, at: Moment): void {
  const { open, task, phase, check, checkFromMs } = turn.state;
  const dueInMs = open === null ? 0 : open.aliveUntilMs - (open.ttlMs * 2) / 3 - at.monotonicMs;
  if (open === null && phase === 'draining') wait(turn, RETRY_MS);
  else if (open === null) {
    turn.state = { ...turn.state, task: { kind: 'opening' } };
    turn.effects.push({ kind: 'open' });
  } else if (task.kind === 'unsure') turn.effects.push({ kind: 'read-back', of: open.id });
  else if (dueInMs <= 0) renew(turn, open);
  else if (phase === 'serving' || phase === 'draining' || check !== 'none') wait(turn, dueInMs);
  else if (at.monotonicMs < checkFromMs) wait(turn, Math.min(dueInMs, checkFromMs - at.monotonicMs));
  else {
    turn.state = { ...turn.state, check: 'checking' };
    turn.effects.push({ kind: 'check', of: open.id, except: turn.state.agreed });
  }
}

function renew(turn: Turn, open: OpenSession): void {
  const to = encodeSession(open.id, open.counter + 1n);
  turn.state = { ...turn.state, task: { kind: 'renewing', to } };
  turn.effects.push({ kind: 'renew', of: open.id, from: open.text, to, leaseId: open.leaseId });
}

function onOpened(turn: Turn, event: Extract<SessionEvent, { kind: 'opened' }>): void {
  const { id, text, leaseId, ttlMs, askedMs, at, before } = event;
  const open = { id, counter: 0n, text, leaseId, ttlMs, before, aliveUntilMs: askedMs + ttlMs, openedAt: at };
  turn.state = { ...turn.state, open, task: { kind: 'none' }, check: 'none', agreed: new Set() };
  storeTook(turn);
}

function onRenewed(turn: Turn, open: OpenSession, askedMs: number, answer: RenewalAnswer): void {
  const { task } = turn.state;
  if (task.kind !== 'renewing') return;
  if (answer.kind === 'applied') renewedTo(turn, open, task.to, askedMs);
  else if (answer.kind === 'ambiguous') turn.state = { ...turn.state, task: { kind: 'unsure', to: task.to } };
  else if (answer.kind === 'lease-expired') end(turn, 'checking', 'the session expired in the store');
  // A renewal that counted as lost and applied late has the text of this one.
  else if (answer.kind === 'conflict' && answer.found === task.to) renewedTo(turn, open, task.to, askedMs);
  else if (answer.kind === 'conflict') gone(turn, open, answer.found);
  else {
    turn.state = { ...turn.state, task: { kind: 'none' } };
    unanswered(turn, answer.why);
  }
}

function renewedTo(turn: Turn, open: OpenSession, to: string, askedMs: number): void {
  const renewed = { ...open, text: to, counter: open.counter + 1n, aliveUntilMs: askedMs + open.ttlMs };
  turn.state = { ...turn.state, open: renewed, task: { kind: 'none' } };
  storeTook(turn);
  if (turn.state.phase === 'serving') turn.effects.push({ kind: 'serve-others', of: open.id });
}

/** The record after a renewal without a certain answer: one of the two, or the session is gone. */
function onReadBack(turn: Turn, open: OpenSession, found: string | null): void {
  const { task } = turn.state;
  if (task.kind !== 'unsure') return;
  // A renewal counts for the life of the session only if the time when it was applied is known.
  if (found === task.to) {
    const counter = open.counter + 1n;
    turn.state = { ...turn.state, open: { ...open, text: task.to, counter }, task: { kind: 'none' } };
  } else if (found === open.text) turn.state = { ...turn.state, task: { kind: 'none' } };
  else gone(turn, open, found);
}

function onChecked(turn: Turn, event: Extract<SessionEvent, { kind: 'checked' }>): void {
  turn.state = { ...turn.state, agreed: new Set([...turn.state.agreed, ...event.agreed]) };
  if (event.obstacle !== null) {
    become(turn, event.obstacle.state, event.obstacle.why);
    checkLater(turn, event.at);
    return;
  }
  turn.state = { ...turn.state, check: 'learning' };
  turn.effects.push({ kind: 'learn', of: event.of });
}

function onLearned(turn: Turn): void {
  turn.state = { ...turn.state, check: 'none' };
  become(turn, 'serving', 'memory and store agree');
  turn.effects.push({ kind: 'wake' });
}

function checkLater(turn: Turn, at: Moment): void {
  turn.state = { ...turn.state, check: 'none', checkFromMs: at.monotonicMs + RETRY_MS };
  turn.effects.push({ kind: 'wake' });
}

/** A grant met another record: not a loss if the session was renewed in between, or is being renewed. */
function onCompareFailed(turn: Turn, compared: string, found: string | null): void {
  const { open, task } = turn.state;
  const sent = decodeSession(compared);
  if (open === null || sent.session !== open.id || found === open.text) return;
  if ((task.kind === 'renewing' || task.kind === 'unsure') && found === task.to) return;
  if (found !== null && isEarlierRenewal(open, sent, decodeSession(found))) return;
  gone(turn, open, found);
}

/**
 * The grant met a renewal that was the present one then, and its answer came after the next one. A store that
 * went back to that renewal fails the next compare, which is sent with the present record.
 */
function isEarlierRenewal({ id, counter }: OpenSession, sent: SessionRecord, found: SessionRecord): boolean {
  return found.session === id && found.counter >= sent.counter && found.counter < counter;
}

/** The record of the open session is not the one in the store. */
function gone(turn: Turn, open: OpenSession, found: string | null): void {
  const why = wentBack(open, found);
  if (why !== null) turn.effects.push({ kind: 'log', level: 'error', event: 'store-went-back', text: why });
  const missing = 'the session record is gone from the store';
  const other = 'another process has opened a session of this service';
  end(turn, 'checking', why ?? (found === null ? missing : other));
  wait(turn, RETRY_MS);
}

/** Why this record shows a store that was put back to an earlier state, or null. */
function wentBack(open: OpenSession, found: string | null): string | null {
  if (found === null) return null;
  const record = decodeSession(found);
  if (record.session === open.before) return 'the store went back: it holds the session before this one';
  if (record.session !== open.id || record.counter >= open.counter) return null;
  return `the store went back: it holds renewal ${record.counter} of the session, renewal ${open.counter} was written`;
}

/** Ends a session that is over by the clocks of this service alone. */
function endIfOver(turn: Turn, at: Moment, allowedSkewMs: number): void {
  const { open } = turn.state;
  if (open === null) return;
  const passedMs = at.monotonicMs - open.openedAt.monotonicMs;
  const stepMs = Math.round(at.nowMs - open.openedAt.nowMs - passedMs);
  if (Math.abs(stepMs) > Math.max(allowedSkewMs, LEAST_SKEW_MS)) {
    const text = `the clock of this machine was stepped by ${stepMs} ms`;
    turn.effects.push({ kind: 'log', level: 'error', event: 'clock-stepped', text });
    end(turn, 'checking', text);
  } else if (at.monotonicMs > open.aliveUntilMs) {
    const { storeFault } = turn.state;
    const cause =
      storeFault === null ? 'it was not renewed in time' : `the store did not take it: ${storeFault}`;
    end(turn, 'checking', `the session lapsed: ${cause}`);
  }
}

/** The session is over: claims without an answer yet get none under it. */
function end(turn: Turn, phase: 'checking' | 'behind', why: string): void {
  if (turn.state.phase === 'draining') turn.state = { ...turn.state, generation: turn.state.generation + 1 };
  turn.state = { ...turn.state, open: null, task: { kind: 'none' }, check: 'none', agreed: new Set() };
  become(turn, phase, why);
  turn.effects.push({ kind: 'wake' });
}

function become(turn: Turn, phase: SessionState, why: string): void {
  const { state } = turn;
  if (state.phase === 'draining') return;
  if (state.phase !== phase) {
    const level = phase === 'behind' ? 'error' : phase === 'serving' ? 'info' : 'warn';
    turn.effects.push({ kind: 'log', level, event: 'session', text: `the service is ${phase}: ${why}` });
  }
  // Draining lets running work end. Any doubt about the memory drops it.
  const drops = state.phase === 'serving' && phase !== 'serving' && phase !== 'draining';
  turn.state = { ...state, phase, detail: why, generation: state.generation + (drops ? 1 : 0) };
}

function storeTook(turn: Turn): void {
  if (turn.state.storeFault === null) return;
  turn.effects.push({ kind: 'log', level: 'info', event: 'store-up', text: 'the store takes writes again' });
  turn.state = { ...turn.state, storeFault: null };
}

/** The store did not take a write: the phase stays. The log has the first of such writes. */
function unanswered(turn: Turn, why: string): void {
  const text = `the store did not take a write, and without it no unit is granted: ${why}`;
  if (turn.state.storeFault === null)
    turn.effects.push({ kind: 'log', level: 'error', event: 'store-down', text });
  turn.state = { ...turn.state, storeFault: why };
  saidNothing(turn, why);
  wait(turn, RETRY_MS);
}

/** A serving service goes on until its session lapses, so its text stays the same. */
function saidNothing(turn: Turn, why: string): void {
  if (turn.state.phase === 'serving') return;
  turn.state = { ...turn.state, detail: `the store does not answer: ${why}` };
}

function wait(turn: Turn, ms: number): void {
  turn.effects.push({ kind: 'wait', ms });
}
