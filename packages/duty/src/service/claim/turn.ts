import { unknown, type Verdict } from '../ground/verdict.ts';
import type { Moment } from '../session/state.ts';
import type { ClaimEffect, Now } from './claim-events.ts';
import type { ClaimState, Phase } from './state.ts';

const MAX_CONFLICTS = 64;
/** Pause before another try while the store does not answer, in milliseconds. */
export const RETRY_MS = 50;
/** A hold ends this much before the deadline, so that its own verdict is the answer. */
export const HOLD_MARGIN_MS = 10;

/** One step under way. The step changes it in place and drops it at its end. */
export interface Turn {
  state: ClaimState;
  readonly effects: ClaimEffect[];
}

export function enter(turn: Turn, phase: Phase, effect: ClaimEffect): void {
  turn.state = { ...turn.state, phase };
  turn.effects.push(effect);
}

/** The claim is at its end; its answer is this one, unless the deadline gave one before. */
export function finish(turn: Turn, verdict: Verdict): void {
  tell(turn, verdict);
  turn.state = { ...turn.state, phase: { kind: 'over' } };
}

/** Answers the claim, once. */
export function tell(turn: Turn, verdict: Verdict): void {
  if (turn.state.answered) return;
  turn.state = { ...turn.state, answered: true };
  turn.effects.push({ kind: 'tell', verdict });
}

export function isOver(state: ClaimState, at: Moment): boolean {
  return state.ended || at.monotonicMs >= state.asked.deadlineMs;
}

export function finishLate(turn: Turn): void {
  finish(turn, unknown('deadline', 'the deadline has passed'));
}

/** The records that the decision rests on have changed: tries again at once, a bounded number of times. */
export function again(turn: Turn): void {
  const conflicts = turn.state.conflicts + 1;
  turn.state = { ...turn.state, conflicts };
  if (conflicts < MAX_CONFLICTS) enter(turn, { kind: 'queued' }, { kind: 'queue' });
  else finish(turn, unknown('contention', `the claim met ${MAX_CONFLICTS} conflicts`));
}

/** The store does not answer, or the session record is not certain: tries again after a pause. */
export function pause(turn: Turn, at: Moment): void {
  const untilMs = at.monotonicMs + RETRY_MS;
  enter(turn, { kind: 'pausing' }, { kind: 'wait', untilMs, wakes: 'moment' });
}

/** Waits until this moment, or until the mark or the watch changes. */
export function hold(turn: Turn, untilMs: number, late: Verdict | null): void {
  const endMs = turn.state.asked.deadlineMs - HOLD_MARGIN_MS;
  const answer = late ?? unknown('deadline', 'the deadline passed while the claim was held');
  const wait = { kind: 'wait', untilMs: Math.min(untilMs, endMs), wakes: 'mark-or-watch' } as const;
  enter(turn, { kind: 'held', late: answer }, wait);
}

export function read(turn: Turn): void {
  enter(turn, { kind: 'reading' }, { kind: 'read' });
}

/** Whether the claim may still be granted: in time, and in the session in which it began. */
export function mayGrant({ state }: Turn, { at, holds }: Now): boolean {
  return holds && !isOver(state, at);
}
