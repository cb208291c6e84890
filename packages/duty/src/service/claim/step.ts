import { doubted, notServing, unknown } from '../ground/verdict.ts';
import type { ClaimEffect, ClaimEvent, Now } from './claim-events.ts';
import { contradiction, storeBehind } from './contradiction.ts';
import { attemptIn, forgetAttempt, grantFound, onAppended, onTransacted } from './grant.ts';
import { judge, onWatchRead, onWatchTaken } from './judge.ts';
import type { Basis, ClaimState } from './state.ts';
import {
  again,
  enter,
  finish,
  finishLate,
  HOLD_MARGIN_MS,
  isOver,
  pause,
  RETRY_MS,
  read,
  type Turn,
  tell,
} from './turn.ts';

/** A new state, and what to do next. */
export interface ClaimStep {
  readonly state: ClaimState;
  readonly effects: readonly ClaimEffect[];
}

/**
 * One event of one claim: claim protocol section 4. Pure: the same arguments give the same result. Events
 * that answer no effect under way are dropped. Throws only for a defect, as a grant without a mark.
 */
export function stepClaim(state: ClaimState, event: ClaimEvent): ClaimStep {
  const turn: Turn = { state, effects: [] };
  if (event.kind === 'deadline') onDeadline(turn);
  else if (event.kind === 'gone') turn.state = { ...state, ended: true };
  else if (event.kind === 'failed') onFailed(turn, event);
  else answered(turn, event);
  return turn;
}

type Answer = Exclude<ClaimEvent, { kind: 'deadline' | 'gone' | 'failed' }>;

/** The answer to the effect that the claim waits for. */
function answered(turn: Turn, event: Answer): void {
  const { phase } = turn.state;
  switch (phase.kind) {
    case 'queued':
      if (event.kind === 'turn') onTurn(turn, event);
      else if (event.kind === 'no-turn') finishLate(turn);
      break;
    case 'recalling':
      if (event.kind === 'recalled') onRecalled(turn, event);
      break;
    case 'reading':
      if (event.kind === 'read') onBasis(turn, event.now, event.basis);
      break;
    case 'reporting':
      if (event.kind === 'reported')
        finish(turn, doubted(turn.state.asked.claim, event.report ?? phase.where));
      break;
    case 'asking-watch':
      if (event.kind === 'watch-read') onWatchRead(turn, phase, event);
      break;
    case 'taking-watch':
      if (event.kind === 'watch-taken') onWatchTaken(turn, phase, event);
      break;
    case 'transacting':
      if (event.kind === 'transacted') onTransacted(turn, phase, event);
      break;
    case 'refreshing':
      if (event.kind === 'refreshed') again(turn);
      break;
    case 'appending':
      if (event.kind === 'appended') onAppended(turn, phase, event);
      break;
    default:
      if (event.kind === 'woken') onWoken(turn, event);
  }
}

function onTurn(turn: Turn, { at, session, report }: Extract<ClaimEvent, { kind: 'turn' }>): void {
  const { state } = turn;
  const { claim } = state.asked;
  if (isOver(state, at)) finishLate(turn);
  else if (session.state !== 'serving') finish(turn, notServing(session.state, session.detail, claim));
  else if (session.text === null) pause(turn, at);
  // A transaction without a certain answer may have applied: only the store can tell.
  else if (state.attempts.size > 0) read(turn);
  else if (report !== null) finish(turn, doubted(claim, report));
  else {
    // A claim that has written nothing cannot have an undelivered grant.
    turn.state = { ...state, generation: session.generation };
    enter(turn, { kind: 'recalling' }, { kind: 'recall' });
  }
}

function onRecalled(turn: Turn, { now, basis }: Extract<ClaimEvent, { kind: 'recalled' }>): void {
  if (basis === null) read(turn);
  else onBasis(turn, now, basis);
}

/** Memories first: a store that is behind must not decide anything. */
function onBasis(turn: Turn, now: Now, basis: Basis): void {
  const against = contradiction(turn.state, basis);
  if (against !== null) {
    if (basis.fresh) storeBehind(turn, now, against);
    else read(turn);
    return;
  }
  const found = attemptIn(turn.state, basis);
  if (found === null) judge(turn, now, basis);
  else grantFound(turn, now, basis, found);
}

function onWoken(turn: Turn, { at }: Extract<ClaimEvent, { kind: 'woken' }>): void {
  const { phase, asked, ended } = turn.state;
  const late = ended || at.monotonicMs >= asked.deadlineMs - HOLD_MARGIN_MS;
  if (phase.kind === 'held' && late) finish(turn, phase.late);
  else if (phase.kind === 'held' || phase.kind === 'pausing')
    enter(turn, { kind: 'queued' }, { kind: 'queue' });
}

/** Faults of the store and the disk become `unknown`; the deadline decides whether to try again. */
function onFailed(turn: Turn, { fault, at }: Extract<ClaimEvent, { kind: 'failed' }>): void {
  const { phase, asked } = turn.state;
  if (phase.kind === 'over') return;
  if (phase.kind === 'transacting') forgetAttempt(turn, phase.writing);
  if (fault.of === 'service') finish(turn, unknown('internal', 'see the log of the service'));
  else if (fault.of === 'ledger') finish(turn, unknown('ledger-unavailable', fault.why));
  else if (!fault.silent || at.monotonicMs + RETRY_MS >= asked.deadlineMs)
    finish(turn, unknown('store-unavailable', fault.why));
  else pause(turn, at);
}

/** The claimant gets an answer now. Work under way goes on to its end, so that its entry becomes durable. */
function onDeadline(turn: Turn): void {
  const { phase, asked } = turn.state;
  turn.state = { ...turn.state, ended: true };
  const budgetMs = asked.deadlineMs - asked.arrivedMs;
  const silence = unknown('deadline', `no certain answer within ${budgetMs} ms`);
  tell(turn, phase.kind === 'held' ? phase.late : silence);
}
