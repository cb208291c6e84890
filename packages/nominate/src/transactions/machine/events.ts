import type { Fact } from '../../facts/fact.ts';
import type { ChainFacts } from '../facts.ts';

/** What became of an extrinsic in its block; the same as `DispatchResult` of `@watchbill/chain`. */
export type Dispatch =
  | { readonly result: 'ok' }
  | { readonly result: 'failed'; readonly error: string; readonly inner: boolean };

/** What the finalised blocks say of an account and a nonce. */
export type SearchAnswer =
  | {
      readonly result: 'found';
      readonly block: string;
      readonly height: bigint;
      readonly hash: string;
      /** Hex of its call; null where it cannot be read. */
      readonly call: string | null;
      /** Null where the events are not to be had. */
      readonly dispatch: Dispatch | null;
    }
  /** Not up to that height, and the nonce is free there. `inBlock`: a block that is not final has it. */
  | {
      readonly result: 'not-found';
      readonly until: bigint;
      readonly inBlock: { readonly block: string; readonly height: bigint } | null;
    }
  /** The nonce is used, by something that no block shows. */
  | { readonly result: 'unseen' };

/** Bytes that were built, and read back: they are what was asked for. */
export interface Prepared {
  readonly call: string;
  /** The nomination that is announced, executed or withdrawn, and its hash; null for others. */
  readonly inner: { readonly call: string; readonly hash: string } | null;
  readonly payload: string;
  /** Planck. */
  readonly fee: Fact<bigint>;
  /** What is reserved besides, in planck; 0 where nothing is. */
  readonly deposit: Fact<bigint>;
}

export type PrepareAnswer =
  | { readonly result: 'prepared'; readonly prepared: Prepared }
  | { readonly result: 'unavailable'; readonly why: string }
  /** The bytes are something else. */
  | { readonly result: 'mismatch'; readonly why: string };

export type SignAnswer =
  | { readonly result: 'signed'; readonly bytes: string; readonly hash: string }
  /** Somebody was asked and has not answered. */
  | { readonly result: 'waiting'; readonly why: string }
  | { readonly result: 'refused'; readonly why: string }
  | { readonly result: 'unavailable'; readonly why: string }
  | { readonly result: 'mismatch'; readonly why: string };

/** The same as `Submission` of `@watchbill/chain`. */
export interface SubmitAnswer {
  readonly result: 'accepted' | 'known' | 'occupied' | 'refused' | 'unknown';
  readonly detail?: string;
}

export type VerdictAnswer =
  | {
      readonly result: 'judged';
      readonly keep: readonly string[];
      readonly dropped: readonly { readonly stashKey: string; readonly why: string }[];
    }
  | { readonly result: 'unknown'; readonly why: string };

export type Command =
  | { readonly kind: 'cancel'; readonly detail: string }
  | { readonly kind: 'supersede'; readonly by: string }
  | { readonly kind: 'resume' };

/** What may happen to an intent. Answers that were not asked for are dropped. */
export type IntentEvent =
  /** The state of a finalised block. `mayBegin`: its signer is free, and it is the nominator's turn. */
  | { readonly kind: 'facts'; readonly facts: ChainFacts; readonly mayBegin: boolean }
  | { readonly kind: 'search'; readonly answer: SearchAnswer }
  | { readonly kind: 'read'; readonly facts: ChainFacts }
  | { readonly kind: 'revalidate'; readonly answer: VerdictAnswer }
  | { readonly kind: 'prepare'; readonly answer: PrepareAnswer }
  | { readonly kind: 'sign'; readonly answer: SignAnswer }
  | { readonly kind: 'submit'; readonly answer: SubmitAnswer }
  /** Whoever was asked gave no answer in time, or failed. */
  | { readonly kind: 'no-answer'; readonly why: string }
  | Command;
