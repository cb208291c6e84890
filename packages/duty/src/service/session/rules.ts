import type { SessionState } from '../contract.ts';
import type { Compared } from './comparison.ts';
import { decodeSession, encodeSession, type SessionRecord } from './record.ts';
import type { KnownSession, Moment, OpenSession } from './state.ts';
import type { Opened, Renewal, RenewalAnswer } from './store-calls.ts';

/** Between two tries while the service does not serve. */
export const RETRY_MS = 250;
/** Smaller differences may be measurement errors and do not count as a step of the clock. */
const LEAST_SKEW_MS = 250;
const LATE = 'it was not renewed in time; look at the load of this machine and at its way to the store';

/** The next act of the loop. */
export type Act =
  | { readonly kind: 'open' }
  | ({ readonly kind: 'renew'; readonly of: string } & Renewal)
  /** A renewal had no certain answer. */
  | { readonly kind: 'read-back'; readonly of: string }
  /** Beside the loop: compares memories, without the services that agreed already. */
  | { readonly kind: 'check'; readonly of: string; readonly except: ReadonlySet<string> }
  /** Nothing for this long, or until the loop is woken. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** The session serves and was renewed: approve services that wait. */
  | { readonly kind: 'serve-others' };

/** A line of the log, written after the change with the phase that it led to. */
export interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: 'session' | 'store-down' | 'store-up' | 'store-went-back' | 'clock-stepped';
  readonly text: string;
}

/** One change of a session: its rules change the session in place. */
export interface Turn {
  readonly session: KnownSession;
  readonly lines: Line[];
  /** The loop has something to do before its pause is over. */
  wakes: boolean;
}

/** The loop has nothing under way: what it does next. */
export function nextAct(turn: Turn, at: Moment, allowedSkewMs: number): Act {
  endIfOver(turn, at, allowedSkewMs);
  const { session } = turn;
  const { open, task, phase, check, checkFromMs } = session;
  if (open === null && phase === 'draining') return wait(RETRY_MS);
  if (open === null) {
    session.task = { kind: 'opening' };
    return { kind: 'open' };
  }
  const dueInMs = open.aliveUntilMs - (open.ttlMs * 2) / 3 - at.monotonicMs;
  if (task.kind === 'unsure') return { kind: 'read-back', of: open.id };
  if (dueInMs <= 0) return renew(session, open);
  if (phase === 'serving' || phase === 'draining' || check !== 'none') return wait(dueInMs);
  if (at.monotonicMs < checkFromMs) return wait(Math.min(dueInMs, checkFromMs - at.monotonicMs));
  session.check = 'checking';
  return { kind: 'check', of: open.id, except: session.agreed };
}

function renew(session: KnownSession, { id, counter, text, leaseId }: OpenSession): Act {
  const to = encodeSession(id, counter + 1n);
  session.task = { kind: 'renewing', to };
  return { kind: 'renew', of: id, from: text, to, leaseId };
}

export function onOpened(turn: Turn, { askedMs, at, ...opened }: Opened): undefined {
  const aliveUntilMs = askedMs + opened.ttlMs;
  const open = { ...opened, counter: 0n, aliveUntilMs, openedAt: at };
  Object.assign(turn.session, { open, task: { kind: 'none' }, check: 'none', agreed: new Set() });
  storeTook(turn);
}

export function onNotOpened(turn: Turn, why: string): Act {
  turn.session.task = { kind: 'none' };
  return unanswered(turn, why);
}

/** The open session, if an answer is about it; answers that belong to an earlier session are dropped. */
function openOf({ session: { open } }: Turn, of: string): OpenSession | null {
  return open?.id === of ? open : null;
}

/** @param askedMs when the renewal was sent, by the monotonic clock */
export function onRenewed(turn: Turn, of: string, askedMs: number, answer: RenewalAnswer): Act | undefined {
  const { session } = turn;
  const { task } = session;
  const open = openOf(turn, of);
  if (open === null || task.kind !== 'renewing') return;
  // A renewal that counted as lost and applied late has the text of this one.
  const isLate = answer.kind === 'conflict' && answer.found === task.to;
  if (answer.kind === 'applied' || isLate) return renewedTo(turn, open, task.to, askedMs);
  if (answer.kind === 'failed') {
    session.task = { kind: 'none' };
    return unanswered(turn, answer.why);
  }
  if (answer.kind === 'ambiguous') session.task = { kind: 'unsure', to: task.to };
  else if (answer.kind === 'conflict') gone(turn, open, answer.found);
  else end(turn, 'checking', `the session expired in the store: ${LATE}`);
  return;
}

function renewedTo(turn: Turn, open: OpenSession, text: string, askedMs: number): Act | undefined {
  const { session } = turn;
  session.open = { ...open, text, counter: open.counter + 1n, aliveUntilMs: askedMs + open.ttlMs };
  session.task = { kind: 'none' };
  storeTook(turn);
  return session.phase === 'serving' ? { kind: 'serve-others' } : undefined;
}

/** The record after a renewal without a certain answer: one of the two, or the session is gone. */
export function onReadBack(turn: Turn, of: string, found: string | null): undefined {
  const { session } = turn;
  const { task } = session;
  const open = openOf(turn, of);
  if (open === null || task.kind !== 'unsure') return;
  if (found !== task.to && found !== open.text) {
    gone(turn, open, found);
    return;
  }
  // A renewal counts for the life of the session only if the time when it was applied is known.
  if (found === task.to) session.open = { ...open, text: found, counter: open.counter + 1n };
  session.task = { kind: 'none', doubted: task.to };
}

export function onNotReadBack(turn: Turn, of: string, why: string): Act | undefined {
  return openOf(turn, of) === null ? undefined : unanswered(turn, why);
}

/** True if the marks of the store are to be learned now: memories and store agree. */
export function onChecked(turn: Turn, of: string, { obstacle, agreed }: Compared, at: Moment): boolean {
  const { session } = turn;
  if (openOf(turn, of) === null || session.check !== 'checking') return false;
  session.agreed = new Set([...session.agreed, ...agreed]);
  if (obstacle === null) {
    session.check = 'learning';
    return true;
  }
  become(turn, obstacle.state, obstacle.why);
  checkLater(turn, at);
  return false;
}

/** The last entry of every mark is in memory. */
export function onLearned(turn: Turn, of: string): void {
  if (openOf(turn, of) === null || turn.session.check !== 'learning') return;
  turn.session.check = 'none';
  become(turn, 'serving', 'memory and store agree');
  turn.wakes = true;
}

export function onNotChecked(turn: Turn, of: string, why: string, at: Moment): void {
  if (openOf(turn, of) === null) return;
  saidNothing(turn, why);
  checkLater(turn, at);
}

function checkLater(turn: Turn, at: Moment): void {
  turn.session.check = 'none';
  turn.session.checkFromMs = at.monotonicMs + RETRY_MS;
  turn.wakes = true;
}

/**
 * The compare of a grant or of an operator's change found another session record: not a loss if the session
 * was renewed in between, is being renewed, or if a renewal in doubt was applied late.
 */
export function onCompareFailed(turn: Turn, compared: string, found: string | null): void {
  const { open, task } = turn.session;
  const sent = decodeSession(compared);
  if (open === null || sent.session !== open.id || found === open.text) return;
  if ('to' in task && found === task.to) return;
  if (found !== null && isEarlierRenewal(open, sent, decodeSession(found))) return;
  if (found === null || task.kind !== 'none' || found !== task.doubted) gone(turn, open, found);
  else turn.session.open = { ...open, text: found, counter: open.counter + 1n };
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
  if (why !== null) turn.lines.push({ level: 'error', event: 'store-went-back', text: why });
  const missing = 'the session record is gone from the store';
  const other = 'another process has opened a session of this service';
  end(turn, 'checking', why ?? (found === null ? missing : other));
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
export function endIfOver(turn: Turn, at: Moment, allowedSkewMs: number): void {
  const { open, storeFault } = turn.session;
  if (open === null) return;
  const passedMs = at.monotonicMs - open.openedAt.monotonicMs;
  const stepMs = Math.round(at.nowMs - open.openedAt.nowMs - passedMs);
  if (Math.abs(stepMs) > Math.max(allowedSkewMs, LEAST_SKEW_MS)) {
    const text = `the clock of this machine was stepped by ${stepMs} ms; let one time service set it`;
    turn.lines.push({ level: 'error', event: 'clock-stepped', text });
    end(turn, 'checking', text);
  } else if (at.monotonicMs > open.aliveUntilMs) {
    const cause = storeFault === null ? LATE : `the store did not take it: ${storeFault}`;
    end(turn, 'checking', `the session lapsed: ${cause}`);
  }
}

/** The session is over: claims without an answer yet get none under it. */
export function end(turn: Turn, phase: 'checking' | 'behind', why: string): void {
  const { session } = turn;
  if (session.phase === 'draining') session.generation += 1;
  Object.assign(session, { open: null, task: { kind: 'none' }, check: 'none', agreed: new Set() });
  become(turn, phase, why);
  turn.wakes = true;
}

export function become(turn: Turn, phase: SessionState, why: string): void {
  const { session } = turn;
  if (session.phase === 'draining') return;
  if (session.phase !== phase) {
    const level = phase === 'behind' ? 'error' : phase === 'serving' ? 'info' : 'warn';
    turn.lines.push({ level, event: 'session', text: `the service is ${phase}: ${why}` });
  }
  // Draining lets running work end. Any doubt about the memory drops it.
  if (session.phase === 'serving' && phase !== 'serving' && phase !== 'draining') session.generation += 1;
  session.phase = phase;
  session.detail = why;
}

function storeTook(turn: Turn): void {
  if (turn.session.storeFault === null) return;
  turn.lines.push({ level: 'info', event: 'store-up', text: 'the store takes writes again' });
  turn.session.storeFault = null;
}

/** The store did not take a write: the phase stays. The log has the first of such writes. */
function unanswered(turn: Turn, why: string): Act {
  const text = `the store did not take a write, and without it no unit is granted: ${why}`;
  if (turn.session.storeFault === null) turn.lines.push({ level: 'error', event: 'store-down', text });
  turn.session.storeFault = why;
  saidNothing(turn, why);
  return wait(RETRY_MS);
}

/** A serving service goes on until its session lapses, so its text stays the same. */
function saidNothing({ session }: Turn, why: string): void {
  if (session.phase !== 'serving') session.detail = `the store does not answer: ${why}`;
}

const wait = (ms: number): Act => ({ kind: 'wait', ms });
