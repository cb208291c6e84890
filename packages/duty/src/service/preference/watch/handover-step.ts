import type { Duty, Mark, Policy } from '../../../rule/index.ts';
import { PermitFault } from '../../contract.ts';
import type { WatchRecord } from '../../ground/records.ts';
import type { HeldWatch } from '../../ground/watch-record.ts';
import { nextTerm } from './step.ts';

const RELIEF_TIMEOUT_MS = 30_000;
/** Between two looks at the units of the old holder, in milliseconds. */
export const LOOK_MS = 50;

/** How far a planned handover came. */
export type HandoverState =
  | { readonly phase: 'asked'; readonly to: string }
  | { readonly phase: 'reading'; readonly to: string }
  | { readonly phase: 'marking'; readonly to: string; readonly from: string | null }
  /** The record says that the watch goes to `to`, so the old holder enters no new unit. */
  | {
      readonly phase: 'waiting';
      readonly to: string;
      readonly from: string | null;
      readonly untilMs: number;
    }
  | { readonly phase: 'reading-again'; readonly to: string; readonly from: string | null }
  | {
      readonly phase: 'naming';
      readonly to: string;
      readonly from: string | null;
      readonly term: string;
    }
  /** The holder stays: the mark of a handover that lost its service is being taken away. */
  | { readonly phase: 'staying' }
  /** The handover failed: the record must no longer name a successor. */
  | { readonly phase: 'undoing'; readonly to: string; readonly error: unknown }
  | { readonly phase: 'over' };

/** Events of a handover. */
export type HandoverEvent =
  | {
      readonly kind: 'found';
      readonly policy: Policy | null;
      readonly ready: readonly string[];
      /** Why the new holder is not fit; null if it is, or is not known. */
      readonly unfit: string | null;
    }
  | { readonly kind: 'read'; readonly held: HeldWatch }
  | { readonly kind: 'written'; readonly applied: boolean; readonly nowMs: number }
  | {
      readonly kind: 'looked';
      readonly holderLive: boolean;
      readonly hasOpenUnit: boolean;
      readonly nowMs: number;
    }
  | { readonly kind: 'woken' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** The one act that follows a step. */
export type HandoverEffect =
  /** Answered by `read`. */
  | { readonly kind: 'read' }
  /** Answered by `written`. */
  | { readonly kind: 'write'; readonly before: HeldWatch; readonly next: WatchRecord }
  /** Is the holder live, and has it an open unit. Answered by `looked`. */
  | { readonly kind: 'look'; readonly from: string | null }
  /** Answered by `woken`. */
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'refuse'; readonly error: unknown }
  /** `moved`: the watch went from one node to another; null if the node was active already. */
  | { readonly kind: 'done'; readonly moved: { readonly from: string | null; readonly term: string } | null };

export interface HandoverStep {
  readonly state: HandoverState;
  readonly effect: HandoverEffect;
}

/**
 * One event of a planned handover: protocol section 5. Pure. The record names the new holder first, so that
 * the old holder enters no new unit. When its units are done, the new holder gets the watch under a later
 * term.
 */
export function stepHandover(state: HandoverState, event: HandoverEvent): HandoverStep {
  if (event.kind === 'failed') return onFailed(state, event.error);
  if (state.phase === 'asked' && event.kind === 'found') return onFound(state.to, event);
  if (state.phase === 'reading' && event.kind === 'read') return onRead(state.to, event.held);
  if (state.phase === 'marking' && event.kind === 'written') return onMarked(state, event);
  if (state.phase === 'waiting' && event.kind === 'looked') return onLooked(state, event);
  if (state.phase === 'waiting' && event.kind === 'woken')
    return { state, effect: { kind: 'look', from: state.from } };
  if (state.phase === 'reading-again' && event.kind === 'read') return onReadAgain(state, event.held);
  if (state.phase === 'naming' && event.kind === 'written') return onNamed(state, event.applied);
  if (state.phase === 'staying' && event.kind === 'written')
    return event.applied
      ? { state: { phase: 'over' }, effect: { kind: 'done', moved: null } }
      : refuse(changed());
  if (state.phase === 'undoing') return onUndoing(state, event);
  throw new Error(`a handover in phase ${state.phase} got the event ${event.kind}`);
}

function onFound(
  to: string,
  { policy, ready, unfit }: Extract<HandoverEvent, { kind: 'found' }>,
): HandoverStep {
  if (policy === null)
    return refuse(fault('not-listed', 404, 'this chain and key have no policy', 'Apply a policy first.'));
  if (!policy.roster.some((node) => node.name === to))
    return refuse(fault('not-listed', 409, `${to} is not in the roster`, 'Name a listed node.'));
  if (ready.includes(to)) return { state: { phase: 'reading', to }, effect: { kind: 'read' } };
  const why = unfit ?? 'it has not reported for this key';
  return refuse(fault('not-ready', 409, `${to} is not ready: ${why}`, 'Look at its readiness report.'));
}

function onRead(to: string, before: HeldWatch): HandoverStep {
  const { holder: from } = before.record;
  if (from === to && before.record.relief === null)
    return { state: { phase: 'over' }, effect: { kind: 'done', moved: null } };
  // A handover whose service died is called off at once by one to the old holder.
  if (from === to) {
    const next = { ...before.record, relief: null };
    return { state: { phase: 'staying' }, effect: { kind: 'write', before, next } };
  }
  const next = { ...before.record, relief: to };
  return { state: { phase: 'marking', to, from }, effect: { kind: 'write', before, next } };
}

function onMarked(
  { to, from }: Extract<HandoverState, { phase: 'marking' }>,
  { applied, nowMs }: Extract<HandoverEvent, { kind: 'written' }>,
): HandoverStep {
  if (!applied) return refuse(changed());
  const untilMs = nowMs + RELIEF_TIMEOUT_MS;
  return { state: { phase: 'waiting', to, from, untilMs }, effect: { kind: 'look', from } };
}

function onLooked(
  state: Extract<HandoverState, { phase: 'waiting' }>,
  { holderLive, hasOpenUnit, nowMs }: Extract<HandoverEvent, { kind: 'looked' }>,
): HandoverStep {
  const { to, from, untilMs } = state;
  if (from === null || !holderLive || !hasOpenUnit)
    return { state: { phase: 'reading-again', to, from }, effect: { kind: 'read' } };
  if (nowMs <= untilMs) return { state, effect: { kind: 'wait', ms: LOOK_MS } };
  const message = `${from} did not finish its units in time`;
  return undo(to, fault('handover-late', 503, message, 'Look at the node, then ask again.'));
}

function onReadAgain(
  { to, from }: Extract<HandoverState, { phase: 'reading-again' }>,
  before: HeldWatch,
): HandoverStep {
  if (before.record.relief !== to) return refuse(changed());
  const next = nextTerm(before.record, to);
  return {
    state: { phase: 'naming', to, from, term: next.term },
    effect: { kind: 'write', before, next },
  };
}

function onNamed(
  { to, from, term }: Extract<HandoverState, { phase: 'naming' }>,
  applied: boolean,
): HandoverStep {
  if (!applied) return undo(to, changed());
  return { state: { phase: 'over' }, effect: { kind: 'done', moved: { from, term } } };
}

/**
 * While the record names a successor, the holder enters no unit. So the record is restored whenever the
 * handover fails.
 */
function onFailed(state: HandoverState, error: unknown): HandoverStep {
  const isMarked = state.phase === 'waiting' || state.phase === 'reading-again' || state.phase === 'naming';
  return isMarked ? undo(state.to, error) : refuse(error);
}

function undo(to: string, error: unknown): HandoverStep {
  return { state: { phase: 'undoing', to, error }, effect: { kind: 'read' } };
}

function onUndoing(state: Extract<HandoverState, { phase: 'undoing' }>, event: HandoverEvent): HandoverStep {
  if (event.kind !== 'read' || event.held.record.relief !== state.to) return refuse(state.error);
  const next = { ...event.held.record, relief: null };
  return { state, effect: { kind: 'write', before: event.held, next } };
}

function refuse(error: unknown): HandoverStep {
  return { state: { phase: 'over' }, effect: { kind: 'refuse', error } };
}

/** Entered, not yet signed to its last part, and the newest: an older one that never finished is over. */
export function hasOpenUnit(mark: Mark, duty: Duty, node: string): boolean {
  const newest = mark.recent.at(-1);
  const last = duty.parts.at(-1);
  return newest?.owner.node === node && !newest.parts.some((grant) => grant.part === last);
}

function changed(): PermitFault {
  return fault('changed', 409, 'the watch moved meanwhile', 'Look at `watchbill status` and ask again.');
}

function fault(code: string, status: number, message: string, remedy: string): PermitFault {
  return new PermitFault(code, status, message, remedy);
}
