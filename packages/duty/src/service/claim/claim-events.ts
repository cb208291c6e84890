import type { LedgerEntry } from '../../rule/index.ts';
import type { Transaction } from '../../store/index.ts';
import type { SessionState } from '../contract.ts';
import type { HeldMark } from '../ground/marks.ts';
import type { Verdict } from '../ground/verdict.ts';
import type { HeldWatch } from '../ground/watch-record.ts';
import type { SaidWord } from '../rollback-reports/report.ts';
import type { Moment } from '../session/state.ts';
import type { Basis, Standing } from './state.ts';

/** The service at the moment of an event. */
export interface Now {
  readonly at: Moment;
  /** False once the session was lost, or another service asked for memory, since the claim began. */
  readonly holds: boolean;
  /** Text of the session record that a grant compares; null while no text is certain. */
  readonly sessionText: string | null;
  /** Why a rollback report holds the key; null if none does. */
  readonly report: string | null;
  readonly epochText: string;
}

/** Why an effect failed. None of it was applied. */
export type Fault =
  /** `silent`: the store did not answer, so the claim tries again until its deadline. */
  | { readonly of: 'store'; readonly silent: boolean; readonly why: string }
  | { readonly of: 'ledger'; readonly why: string }
  /** A defect; the shell has logged it. */
  | { readonly of: 'service' };

/** How a transaction ended. */
export type TransactionAnswer =
  | { readonly kind: 'applied' }
  /** It may have applied, or may still apply. */
  | { readonly kind: 'ambiguous' }
  | {
      readonly kind: 'conflict';
      /** The records that were compared, as they are in the store; null for one that is not there. */
      readonly found: ReadonlyMap<string, string | null>;
      /** True if the epoch in the store is the service's. */
      readonly epochKnown: boolean;
    };

/** The events of a claim. Events other than `deadline` and `gone` answer the last effect. */
export type ClaimEvent =
  /** The claim is alone at its mark. */
  | {
      readonly kind: 'turn';
      readonly at: Moment;
      readonly session: {
        readonly state: SessionState;
        readonly detail: string;
        readonly generation: number;
        readonly text: string | null;
      };
      readonly report: string | null;
    }
  /** The claim ended while it waited for its turn. */
  | { readonly kind: 'no-turn' }
  /** Null if the service does not hold both the policy and the mark. */
  | { readonly kind: 'recalled'; readonly now: Now; readonly basis: Basis | null }
  | { readonly kind: 'read'; readonly now: Now; readonly basis: Basis }
  | { readonly kind: 'reported'; readonly report: string | null }
  | {
      readonly kind: 'watch-read';
      readonly now: Now;
      readonly watch: HeldWatch;
      readonly standing: Standing;
    }
  | { readonly kind: 'watch-taken'; readonly at: Moment; readonly taken: boolean }
  | { readonly kind: 'transacted'; readonly now: Now; readonly answer: TransactionAnswer }
  | { readonly kind: 'refreshed' }
  | { readonly kind: 'appended'; readonly now: Now }
  | { readonly kind: 'woken'; readonly at: Moment }
  | { readonly kind: 'failed'; readonly at: Moment; readonly fault: Fault }
  /** The time for the answer is over. */
  | { readonly kind: 'deadline' }
  /** The claimant has closed its connection. */
  | { readonly kind: 'gone' };

/** The work of the shell after a step, in this order. An effect that fails ends the list with `failed`. */
export type ClaimEffect =
  /** Leave the mark to others, then wait for the next turn. Answered by `turn` or `no-turn`. */
  | { readonly kind: 'queue' }
  /** Leave the mark to others until this moment (monotonic), or a change. Answered by `woken`. */
  | { readonly kind: 'wait'; readonly untilMs: number; readonly wakes: 'moment' | 'mark-or-watch' }
  /** Policy and mark as last seen. Answered by `recalled`. */
  | { readonly kind: 'recall' }
  /** Policy and mark on a linearizable read, after the memory of this service. Answered by `read`. */
  | { readonly kind: 'read' }
  /** A linearizable read. `alive`: first note that the claimant is there. Answered by `watch-read`. */
  | { readonly kind: 'read-watch'; readonly alive: boolean }
  /** Take the watch if its holder lapsed and it is this node's turn. Answered by `watch-taken`. */
  | { readonly kind: 'take-watch' }
  /** Hold every key because of this word, durably. Answered by `reported`. */
  | { readonly kind: 'report'; readonly word: SaidWord }
  /** Answered by `transacted`; `failed` means that no write was applied. */
  | { readonly kind: 'transact'; readonly transaction: Transaction }
  /** Read the policy, the mark or both again. Answered by `refreshed`. */
  | { readonly kind: 'refresh'; readonly policy: boolean; readonly mark: boolean }
  /** Make the entry durable, with the decision that it makes deliverable. Answered by `appended`. */
  | {
      readonly kind: 'append';
      readonly entry: LedgerEntry;
      readonly hash: string;
      readonly decision: Verdict | null;
    }
  /** Make an entry that the store holds durable here too. */
  | { readonly kind: 'learn'; readonly entry: LedgerEntry; readonly hash: string }
  /** The mark as this service has just written it. */
  | { readonly kind: 'remember'; readonly held: HeldMark }
  /** A grant found another session record. */
  | { readonly kind: 'compare-failed'; readonly compared: string; readonly found: string | null }
  /** The store contradicts the memory of this service: the session ends. */
  | { readonly kind: 'store-behind'; readonly why: string }
  | { readonly kind: 'log-refused-word'; readonly detail: string }
  /** The answer of the claim. At most once. */
  | { readonly kind: 'tell'; readonly verdict: Verdict };
