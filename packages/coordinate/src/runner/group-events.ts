import type { Cursor } from '../cursor.ts';
import type { Effect } from '../engine/effects.ts';
import type { EngineState } from '../engine/state.ts';

/** The events of a runner, for the log, the counters and the status page. The run does not depend on them. */
export type RunEvent<Plan, Round> =
  /** The process begins with this cursor; null if the group never ran here. */
  | { readonly kind: 'started'; readonly cursor: Cursor | null }
  /** The chain reached a height. */
  | { readonly kind: 'height'; readonly height: bigint }
  /** An effect was performed. */
  | { readonly kind: 'performed'; readonly effect: Effect<Plan> }
  /** A step is over: its durable parts are stored, and this is the new state. */
  | { readonly kind: 'stepped'; readonly state: EngineState<Plan, Round> }
  /**
   * A record could not be stored. The runner repeats the event after the pause, and handles no other before.
   */
  | { readonly kind: 'store-failed'; readonly what: string; readonly why: string; readonly pauseMs: number }
  /** The first record that was stored after failures. */
  | { readonly kind: 'store-works' }
  /** A port failed or was late. The engine got an answer to that effect. */
  | { readonly kind: 'port-failed'; readonly what: string; readonly why: string }
  /** A frame that was dropped before the engine. */
  | { readonly kind: 'frame-dropped'; readonly seat: number; readonly why: string }
  /** The rules threw at a message, which is a defect. The message is dropped. */
  | { readonly kind: 'rules-threw'; readonly event: string; readonly why: string }
  | { readonly kind: 'execution-ended'; readonly window: bigint; readonly failed: string | null }
  | { readonly kind: 'stopping' };

/** Bounds on time and on queues, with the defaults of a runner. */
export interface RunLimits {
  readonly messagesPerSeat: number;
  /** Questions that may be open at once. A further one fails. */
  readonly questions: number;
  readonly inputTimeoutMs: number;
  readonly generateTimeoutMs: number;
  readonly validateTimeoutMs: number;
  readonly storeTimeoutMs: number;
  readonly storePauseMs: number;
  readonly longestStorePauseMs: number;
  /** For work in progress when the process is asked to stop. */
  readonly drainTimeoutMs: number;
}

export const RUN_LIMITS: RunLimits = {
  messagesPerSeat: 128,
  questions: 64,
  inputTimeoutMs: 10_000,
  generateTimeoutMs: 20_000,
  validateTimeoutMs: 20_000,
  storeTimeoutMs: 10_000,
  storePauseMs: 250,
  longestStorePauseMs: 10_000,
  drainTimeoutMs: 5_000,
};
