import type { Cursor, Sent } from '../cursor.ts';
import type { FaultBook } from '../faults.ts';
import type { Backoff } from '../retransmission.ts';
import type { Window } from '../window.ts';

/** A window that is going on. */
export type Running<Plan, Round> = {
  readonly window: Window;
  readonly faults: FaultBook;
} & (
  | {
      readonly phase: 'seeding';
      /** Whether the hash was asked for and not answered yet. */
      readonly asked: boolean;
      /** Why the last question had no answer. */
      readonly why: string;
    }
  | { readonly phase: 'procedure'; readonly plan: Plan; readonly round: Round }
);

/** An own message that is being repeated. */
export interface Sending {
  readonly window: bigint;
  readonly sent: Sent;
  readonly backoff: Backoff;
  readonly untilHeight: bigint;
}

/** The whole state of a group's engine. */
export interface EngineState<Plan, Round> {
  /** The highest height seen since the start; null before the first. */
  readonly head: bigint | null;
  /** The last stored cursor; null if this node has never seen a height. */
  readonly cursor: Cursor | null;
  readonly running: Running<Plan, Round> | null;
  readonly sending: readonly Sending[];
}

/**
 * The state of a process that has just started, with the cursor that it found. The first height resumes it.
 */
export function startedState<Plan, Round>(cursor: Cursor | null): EngineState<Plan, Round> {
  return { head: null, cursor, running: null, sending: [] };
}
