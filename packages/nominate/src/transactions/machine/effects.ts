import type { BlockRef, ChainFacts, ProxyDefinition } from '../facts.ts';
import type { Leg, StakingCall } from '../intent.ts';
import type { Flight, IntentState, ShownState } from '../state.ts';

/** The request to build a flight. All choices are made here, and are checked against the bytes. */
export interface PrepareRequest {
  readonly leg: Leg;
  readonly signer: string;
  readonly real: string;
  /** The proxy definition; null without a proxy, and for a withdrawal. */
  readonly proxyType: string | null;
  /** The call in the name of the stash. */
  readonly wanted: StakingCall;
  /** Hash of the announced call; null except for executing and withdrawing. */
  readonly announced: string | null;
  /** The finalised block at which the era begins. */
  readonly block: BlockRef;
  readonly nonce: number;
  /** Blocks, a power of two. */
  readonly period: number;
  /** Planck for the author of the block, beside the fee. */
  readonly tip: bigint;
}

/** A leg that is about to start, with the facts behind it. */
export interface Begin {
  readonly leg: Leg;
  readonly facts: ChainFacts;
  readonly proxy: ProxyDefinition | null;
}

/**
 * A request to the world. Each has one answer, an event of the same name; a new request replaces an old one.
 */
export type Ask =
  /** In finalised blocks from `from` to `to`, both included. */
  | {
      readonly ask: 'search';
      readonly account: string;
      readonly nonce: number;
      readonly from: bigint;
      readonly to: BlockRef;
    }
  | { readonly ask: 'read'; readonly block: BlockRef }
  | { readonly ask: 'revalidate'; readonly targets: readonly string[]; readonly begin: Begin }
  | { readonly ask: 'prepare'; readonly request: PrepareRequest; readonly begin: Begin }
  | { readonly ask: 'sign'; readonly flight: Flight }
  | { readonly ask: 'submit'; readonly bytes: string };

/** A line of the journal. */
export interface Note {
  readonly from: ShownState;
  readonly to: ShownState;
  /** The finalised block at that time. */
  readonly height: bigint;
  /** A short code, see `NOTES`. */
  readonly reason: NoteReason;
  readonly detail: string;
  /** Hash of the extrinsic. */
  readonly extrinsic: string | null;
  /** Hash of the block that shows it. */
  readonly block: string | null;
}

/** Reasons for lines of the journal. */
export const NOTES = {
  'payload-built': 'an extrinsic was built and its nonce pinned; a signature is requested',
  signed: 'signed bytes are stored and submitted',
  'handed-over-again': 'the same bytes are submitted again',
  'submission-answer': 'the answer of the node, which is not proof',
  'in-block': 'an unfinalised block has it',
  'out-of-block': 'the block that had it is no longer on the best chain',
  landed: 'a finalised block has it, and it succeeded',
  'nonce-taken': 'another extrinsic of the account has its nonce: it can never land',
  expired: 'its era is over without it',
  announced: 'the announcement is on chain',
  adopted: 'the announcement was on chain already',
  'announcement-moved': 'the chain has the announcement at another relay block',
  executable: 'the delay of the proxy is over',
  waiting: 'the delay of the proxy is not over',
  withdrawn: 'the announcement is no longer on chain',
  'not-withdrawn': 'withdrawing did not remove the announcement',
  'targets-dropped': 'targets no longer pass the checks',
  'call-changed': 'the announced call has another encoding now',
  'planned-again': 'it starts again',
  'try-failed': 'it will be tried again after a pause',
  held: 'its tries are over; it waits for a person',
  resumed: 'a person resumed it',
  waits: 'a required fact is unknown or missing',
  looks: 'a part of it could not be read',
  closing: 'it ends as soon as it has no announcement on chain and no open transaction',
  stranger: 'an announcement of the signer belongs to no intent',
  ended: 'it ended',
} as const;

export type NoteReason = keyof typeof NOTES;

/** A flight that is no longer followed. */
export interface ClosedFlight {
  readonly number: number;
  readonly outcome: 'landed' | 'taken' | 'unknown';
}

/**
 * The actions of a runner after a step, in this order. `store` comes first, in one transaction; if it fails,
 * the rest is skipped and the old state stays.
 */
export type Effect =
  | {
      readonly kind: 'store';
      readonly state: IntentState;
      readonly notes: readonly Note[];
      readonly closed: readonly ClosedFlight[];
    }
  | { readonly kind: 'ask'; readonly ask: Ask }
  /** For counters: an event without a change, and the reason. */
  | { readonly kind: 'dropped'; readonly event: string; readonly why: string };
