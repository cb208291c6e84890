export type { ActionContext, ActionPlugin, Draft, ExecutionContext, Progress } from './actions/port.ts';
export { ACTION_REFUSALS, type ActionRefusal } from './actions/refusals.ts';
export type { Cursor, CursorStore, Execution, Sent } from './cursor.ts';
export { type CursorOwner, type CursorRead, decodeCursor, encodeCursor } from './cursor-codec.ts';
export type { Effect } from './engine/effects.ts';
export type { EngineEvent } from './engine/engine-events.ts';
export { type EngineState, type Running, type Sending, startedState } from './engine/state.ts';
export { type Step, step } from './engine/step.ts';
export { type CountedFault, type Fault, type FaultBook, NO_FAULTS, noteFault } from './faults.ts';
export { type GoRandom, goRandom, goRandoms, smallSeed } from './go-random/index.ts';
export { OUTCOME_REASONS, type Outcome, type OutcomeReason } from './outcome.ts';
export * from './quorum/index.ts';
export { type Backoff, FIRST_BACKOFF, type Retransmission, tickBackoff } from './retransmission.ts';
export * from './rfc12/index.ts';
export type { Ask, Decision, Incoming, RuleEvent, Rules, Verdict } from './rules.ts';
export * from './runner/index.ts';
export type {
  Arrival,
  Frame,
  PeerState,
  Transport,
  TransportEvents,
  TransportGroup,
  TransportMember,
} from './transport/port.ts';
export { type Crossing, crossing, handledAtFirst } from './watcher.ts';
export {
  isAfter,
  lastWindow,
  scheduleProblem,
  type Window,
  type WindowSchedule,
  windowIndex,
  windowOf,
} from './window.ts';
