import type { Cursor } from '../cursor.ts';
import type { Effect } from '../engine/effects.ts';
import type { EngineState } from '../engine/state.ts';

/** What a runner tells those who watch it: the log, the counters, the status page. Nothing depends on it. */
export type RunEvent<Plan, Round> =
  /** The process begins with this cursor; null where the group never ran here. */
  | { readonly kind: 'started'; readonly cursor: Cursor | null }
  /** The chain reached a height. */
  | { readonly kind: 'height'; readonly height: bigint }
  /** An effect was performed. */
  | { readonly kind: 'performed'; readonly effect: Effect<Plan> }
  /** A step is over: all that must last was kept, and this is the state now. */
  | { readonly kind: 'stepped'; readonly state: EngineState<Plan, Round> }
  /** Something could not be kept. The event is given again after the pause; nothing else happens before it was kept. */
  | { readonly kind: 'store-failed'; readonly what: string; readonly why: string; readonly pauseMs: number }
  /** The first thing that was kept after failures. */
  | { readonly kind: 'store-works' }
  /** A port failed or was late: the engine was told so. */
  | { readonly kind: 'port-failed'; readonly what: string; readonly why: string }
  /** A frame that never came to the engine. */
  | { readonly kind: 'frame-dropped'; readonly seat: number; readonly why: string }
  /** The rules threw at a message, which is a defect: the message is left out. */
  | { readonly kind: 'rules-threw'; readonly event: string; readonly why: string }
  | { readonly kind: 'execution-ended'; readonly window: bigint; readonly failed: string | null }
  | { readonly kind: 'stopping' };

/** How long things may take and how many may wait, with what a runner takes where nothing is said. */
export interface RunLimits {
  readonly messagesPerSeat: number;
  /** Questions that may be under way at once; a further one is answered as failed. */
  readonly questions: number;
  readonly inputTimeoutMs: number;
  readonly generateTimeoutMs: number;
  readonly validateTimeoutMs: number;
  readonly storeTimeoutMs: number;
  readonly storePauseMs: number;
  readonly longestStorePauseMs: number;
  /** For what is under way when the process is told to stop. */
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
