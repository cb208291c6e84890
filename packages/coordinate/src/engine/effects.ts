import type { Cursor, Execution } from '../cursor.ts';
import type { Fault } from '../faults.ts';
import type { Outcome } from '../outcome.ts';
import type { InputAsk } from '../rules.ts';

/**
 * The work of a runner after a step, in this order. It takes the new state only if all durable parts were
 * kept: cursor, faults, outcomes, executions. If one fails, it skips the rest, keeps the old state, and gives
 * the event again later. So each of them may be performed twice. Recorders keep the first fault and the first
 * outcome of a window, executors the first execution.
 */
export type Effect<Plan> =
  | { readonly kind: 'store-cursor'; readonly cursor: Cursor }
  /** Answered by `inputs` or `no-inputs` with the same window. */
  | { readonly kind: 'read-inputs'; readonly window: bigint; readonly asks: readonly InputAsk[] }
  /** Answered by `proposal` or `no-proposal` with the same window and attempt. */
  | { readonly kind: 'generate'; readonly window: bigint; readonly attempt: number; readonly plan: Plan }
  /** After this time, answered by `ask-again` with the same window and attempt. */
  | {
      readonly kind: 'ask-again-after';
      readonly window: bigint;
      readonly attempt: number;
      readonly delayMs: number;
    }
  /** Answered by `validated` with the same window and key. */
  | {
      readonly kind: 'validate';
      readonly window: bigint;
      readonly key: string;
      readonly subject: Uint8Array;
      readonly plan: Plan;
    }
  | {
      readonly kind: 'broadcast';
      readonly window: bigint;
      readonly type: string;
      readonly payload: Uint8Array;
      /** The same bytes as before, so that a transport can keep its sequence number. */
      readonly again: boolean;
    }
  /** Once for each window, culprit and kind. */
  | { readonly kind: 'record-fault'; readonly window: bigint; readonly fault: Fault }
  | { readonly kind: 'record-outcome'; readonly outcome: Outcome }
  /** Answered by `action-ended` with the same window, however it ended. */
  | { readonly kind: 'execute'; readonly execution: Execution }
  /** For counters: why an event had no effect. */
  | { readonly kind: 'dropped'; readonly event: string; readonly why: string }
  /** For the log of an operator; the code is `cursor-ahead` or one of the profile's. */
  | { readonly kind: 'notice'; readonly window: bigint; readonly code: string; readonly text: string };
