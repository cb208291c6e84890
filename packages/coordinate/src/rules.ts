import type { Fault } from './faults.ts';
import type { OutcomeReason } from './outcome.ts';
import type { Window, WindowSchedule } from './window.ts';

/**
 * A profile, for one group and one member of it: data, and a procedure that turns events into verdicts. Everything is a pure
 * function of its arguments. `Plan` is what the chain says about a window, `Round` what this node has been through
 * in it, `Proposal` what the generator makes.
 */
export interface Rules<Plan, Round, Proposal> {
  readonly profile: string;
  /** Names the group in records. */
  readonly group: string;
  readonly schedule: WindowSchedule;
  /** The height whose block hash feeds the seed of a window. */
  seedBlock(window: Window): bigint;
  /** The plan of a window, or a text that says why that hash cannot be right. */
  plan(window: Window, blockHash: Uint8Array): Plan | string;
  leaderOf(plan: Plan): string;
  /** The procedure begins; `height` is the highest that was seen, so that a node knows how much it may have missed. */
  begin(plan: Plan, height: bigint): Verdict<Round>;
  on(plan: Plan, round: Round, event: RuleEvent<Proposal>): Verdict<Round>;
}

/** A message as the transport hands it over: the sender is who signed it, never what it says itself. */
export interface Incoming {
  readonly type: string;
  readonly sender: string;
  readonly payload: Uint8Array;
}

export type RuleEvent<Proposal> =
  | { readonly kind: 'proposal'; readonly attempt: number; readonly proposal: Proposal }
  | { readonly kind: 'no-proposal'; readonly attempt: number; readonly why: string }
  | { readonly kind: 'ask-again'; readonly attempt: number }
  | { readonly kind: 'message'; readonly message: Incoming }
  /** A further height of the active phase. */
  | { readonly kind: 'height'; readonly height: bigint }
  /** The last event of a procedure: its verdict must decide. */
  | { readonly kind: 'active-end' };

/** What a procedure wants done. */
export type Ask =
  | { readonly kind: 'generate'; readonly attempt: number }
  | { readonly kind: 'ask-again-after'; readonly attempt: number; readonly delayMs: number }
  /** Sent now, and again with a backoff until the active phase is over. */
  | { readonly kind: 'broadcast'; readonly type: string; readonly payload: Uint8Array };

/** How a procedure ends. */
export type Decision =
  | {
      readonly result: 'execute';
      readonly action: string;
      readonly payload: Uint8Array;
      readonly validityBlocks: bigint;
    }
  | { readonly result: 'noop'; readonly action: string }
  | { readonly result: 'failed'; readonly reason: OutcomeReason; readonly detail: string };

export interface Verdict<Round> {
  readonly round: Round;
  readonly asks: readonly Ask[];
  readonly faults: readonly Fault[];
  /** Why the event changed nothing, for counters; null where it was used. */
  readonly dropped: string | null;
  readonly decision: Decision | null;
}

/** A verdict in which nothing happens, to be filled in. */
export function quiet<Round>(round: Round): Verdict<Round> {
  return { round, asks: [], faults: [], dropped: null, decision: null };
}
