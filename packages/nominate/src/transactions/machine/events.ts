import type { Fact } from '../../facts/fact.ts';
import type { ChainFacts } from '../facts.ts';

/** The result of an extrinsic in its block; the same as `DispatchResult` of `@watchbill/chain`. */
export type Dispatch =
  | { readonly result: 'ok' }
  | { readonly result: 'failed'; readonly error: string; readonly inner: boolean };

/** The finalised blocks' evidence about an account and a nonce. */
export type SearchAnswer =
  | {
      readonly result: 'found';
      readonly block: string;
      readonly height: bigint;
      readonly hash: string;
      /** Hex of its call; null if unreadable. */
      readonly call: string | null;
      /** Null if the events are unavailable. */
      readonly dispatch: Dispatch | null;
    }
  /** Not included up to that height, and the nonce is free there. `inBlock`: an unfinalised block has it. */
  | {
      readonly result: 'not-found';
      readonly until: bigint;
      readonly inBlock: { readonly block: string; readonly height: bigint } | null;
    }
  /** The nonce is used, but no block shows the transaction. */
  | { readonly result: 'unseen' };

/** Built bytes that were decoded and match the request. */
export interface Prepared {
  readonly call: string;
  /** The announced, executed or withdrawn nomination, and its hash; null for others. */
  readonly inner: { readonly call: string; readonly hash: string } | null;
  readonly payload: string;
  /** Planck. */
  readonly fee: Fact<bigint>;
  /** Additional deposit, in planck; 0 if there is none. */
  readonly deposit: Fact<bigint>;
}

export type PrepareAnswer =
  | { readonly result: 'prepared'; readonly prepared: Prepared }
  | { readonly result: 'unavailable'; readonly why: string }
  /** The bytes do not match the request. */
  | { readonly result: 'mismatch'; readonly why: string };

export type SignAnswer =
  | { readonly result: 'signed'; readonly bytes: string; readonly hash: string }
  /** The signer has not answered yet. */
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

/** Events of an intent. Answers without a request are dropped. */
export type IntentEvent =
  /** The state of a finalised block. `mayBegin`: its signer is free, and it is the nominator's turn. */
  | { readonly kind: 'facts'; readonly facts: ChainFacts; readonly mayBegin: boolean }
  | { readonly kind: 'search'; readonly answer: SearchAnswer }
  | { readonly kind: 'read'; readonly facts: ChainFacts }
  | { readonly kind: 'revalidate'; readonly answer: VerdictAnswer }
  | { readonly kind: 'prepare'; readonly answer: PrepareAnswer }
  | { readonly kind: 'sign'; readonly answer: SignAnswer }
  | { readonly kind: 'submit'; readonly answer: SubmitAnswer }
  /** The request failed, or got no answer in time. */
  | { readonly kind: 'no-answer'; readonly why: string }
  | Command;
