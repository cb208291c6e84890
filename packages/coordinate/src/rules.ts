import type { Execution } from './cursor.ts';
import type { Fault } from './faults.ts';
import type { OutcomeReason } from './outcome.ts';
import type { Retransmission } from './retransmission.ts';
import type { Window, WindowSchedule } from './window.ts';

/**
 * A profile, for one group and one member of it: data, and a procedure that turns events into verdicts.
 * Everything is a pure function of its arguments. `Plan` holds the chain's facts about a window, `Round` the
 * state of this node in it, and `Proposal` the product of the generator.
 */
export interface Rules<Plan, Round, Proposal> {
  readonly profile: string;
  /** Names the group in records. */
  readonly group: string;
  readonly schedule: WindowSchedule;
  /**
   * Whether a node without a cursor may take part in a window that is already open. It does not know what it
   * may have signed there.
   */
  readonly joinsUnremembered: boolean;
  /** When a message is sent again; `backoff` if left out. */
  readonly retransmission?: Retransmission;
  /** The chain inputs that a window needs before it can be planned. */
  inputs(window: Window): readonly InputAsk[];
  /** The plan of a window from its inputs, in their order, or the reason why the inputs are wrong. */
  plan(window: Window, inputs: readonly Uint8Array[]): Plan | string;
  leaderOf(plan: Plan): string;
  /** The part of an earlier window's memory that still matters when this window opens; null for none. */
  carry(memory: Uint8Array, window: Window): Uint8Array | null;
  /** The result of this window from the memory, for a node that restarts after it; null if there is none. */
  recall(memory: Uint8Array, window: Window): Decision | null;
  /** The memory of a node without a cursor that starts at a height; null, or left out, for none. */
  unremembered?(height: bigint): Uint8Array | null;
  /**
   * The result of a message about a window that is over; null, or left out, if the procedure gets it instead.
   */
  late?(message: Incoming, at: LateContext<Plan, Round>): Late<Round> | null;
  /** The procedure begins, or continues after a restart. */
  begin(plan: Plan, start: Start): Verdict<Round>;
  on(plan: Plan, round: Round, event: RuleEvent<Proposal>): Verdict<Round>;
}

/** The engine's knowledge when a message comes. */
export interface LateContext<Plan, Round> {
  readonly height: bigint;
  /** The last window that began here, or after which no window was missed. */
  readonly window: bigint;
  /** The window that is going on; null between windows. */
  readonly open: bigint | null;
  readonly procedure: { readonly plan: Plan; readonly round: Round } | null;
  /** The last window whose action was taken up here; 0 for none. */
  readonly agreed: bigint;
  readonly execution: Execution | null;
  readonly memory: Uint8Array | null;
}

/** The result of a message about a window that is over. */
export interface Late<Round> {
  readonly window: Window;
  readonly faults: readonly Fault[];
  /** An agreement that was not taken up here, and whose lease is not over. */
  readonly decision: Extract<Decision, { readonly result: 'execute' }> | null;
  /** Replace the procedure's round and the memory; null leaves them as they are. */
  readonly round: Round | null;
  readonly memory: Uint8Array | null;
  readonly dropped: string | null;
}

/** A public input from the chain at one height. Both kinds have 32 bytes. */
export interface InputAsk {
  readonly kind: 'block-hash' | 'epoch-randomness';
  readonly height: bigint;
}

export interface Start {
  /** The highest height that was seen, so that a node knows how much it may have missed. */
  readonly height: bigint;
  /** The memory that the rules stored in this window before a restart; null if there is none. */
  readonly memory: Uint8Array | null;
}

/** A validator's verdict on a proposal. Unknown is never valid: the member does not sign it. */
export type Validation =
  | { readonly result: 'valid' }
  /** `facts`: the grounds of the refusal, for others to check; may be empty. */
  | {
      readonly result: 'refused';
      readonly code: string;
      readonly detail: string;
      readonly facts: Uint8Array;
    }
  | { readonly result: 'unknown'; readonly why: string };

/** A message from the transport: the sender is the signer, never a field of the message. */
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
  | { readonly kind: 'validated'; readonly key: string; readonly answer: Validation }
  /** A further height of the active phase. */
  | { readonly kind: 'height'; readonly height: bigint }
  /** The last event of a procedure: its verdict must decide. */
  | { readonly kind: 'active-end' };

/** The requests of a procedure. */
export type Ask =
  | { readonly kind: 'generate'; readonly attempt: number }
  | { readonly kind: 'ask-again-after'; readonly attempt: number; readonly delayMs: number }
  /** Answered by `validated` with the same key. The subject is the profile's encoding of a proposal. */
  | { readonly kind: 'validate'; readonly key: string; readonly subject: Uint8Array }
  /** Sent now, and repeated until the active phase is over, or until `untilHeight`. */
  | {
      readonly kind: 'broadcast';
      readonly type: string;
      readonly payload: Uint8Array;
      readonly untilHeight?: bigint;
    };

/** How a procedure ends. */
export type Decision =
  | {
      readonly result: 'execute';
      readonly action: string;
      readonly payload: Uint8Array;
      readonly validityBlocks: bigint;
      /** The course of the window, for people. */
      readonly detail?: string;
    }
  | { readonly result: 'noop'; readonly action: string; readonly detail?: string }
  | { readonly result: 'failed'; readonly reason: OutcomeReason; readonly detail: string };

export interface Verdict<Round> {
  readonly round: Round;
  readonly asks: readonly Ask[];
  readonly faults: readonly Fault[];
  /** Replaces the memory of these rules in the cursor before any message is sent; null leaves it as it is. */
  readonly memory: Uint8Array | null;
  /** For the log and the counters of an operator. */
  readonly notes: readonly Note[];
  /** Why the event had no effect, for counters; null if it was used. */
  readonly dropped: string | null;
  readonly decision: Decision | null;
}

/** A note for the operator, under a stable code. */
export interface Note {
  readonly code: string;
  readonly text: string;
}

/** A verdict without effects, to be filled in. */
export function quiet<Round>(round: Round): Verdict<Round> {
  return { round, asks: [], faults: [], memory: null, notes: [], dropped: null, decision: null };
}
