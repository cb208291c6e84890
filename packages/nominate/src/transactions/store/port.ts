import type { Intent } from '../intent.ts';
import type { ClosedFlight, Note } from '../machine/effects.ts';
import type { IntentState, ShownState } from '../state.ts';

/** A stored state with its revision. */
export interface StoredIntent {
  readonly state: IntentState;
  readonly revision: number;
}

export interface Change {
  /** The revision before the change. */
  readonly revision: number;
  readonly state: IntentState;
  readonly notes: readonly Note[];
  readonly closed: readonly ClosedFlight[];
}

export type Saving =
  | { readonly ok: true; readonly revision: number }
  /**
   * `changed`: another process changed the intent since; `nonce-taken`: another flight has the account and
   * the nonce.
   */
  | { readonly ok: false; readonly code: 'changed' | 'nonce-taken' };

export type Adding =
  | { readonly ok: true }
  /**
   * `exists`: for this round; `era-taken`: another intent of the era is open, or was included, or may have
   * been.
   */
  | { readonly ok: false; readonly code: 'exists' | 'era-taken' | 'too-many' };

/**
 * The stored part of intents. Every change is one durable transaction. Each rejects if the database fails.
 */
export interface IntentStore {
  readonly add: (intent: Intent) => Promise<Adding>;
  readonly load: (id: string) => Promise<StoredIntent | null>;
  /** Those that have not ended, in the order of creation. */
  readonly open: () => Promise<readonly StoredIntent[]>;
  readonly save: (change: Change) => Promise<Saving>;
}

export interface IntentRow {
  readonly id: string;
  readonly nominator: string;
  readonly signer: string;
  readonly era: number;
  readonly round: string;
  readonly state: ShownState;
  readonly reason: string | null;
  readonly madeMs: number;
  readonly changedMs: number;
}

export interface JournalLine extends Note {
  readonly intent: string;
  readonly atMs: number;
}

export interface FlightRow {
  readonly number: number;
  readonly leg: string;
  readonly account: string;
  readonly nonce: number;
  readonly hash: string | null;
  readonly outcome: string;
}

/** Queries of people and pages. */
export interface IntentQueries {
  /** Newest first. */
  readonly list: (filter: {
    readonly open?: boolean;
    readonly nominator?: string;
    readonly limit: number;
  }) => Promise<readonly IntentRow[]>;
  /** From the first line on. */
  readonly journal: (id: string) => Promise<readonly JournalLine[]>;
  readonly flights: (id: string) => Promise<readonly FlightRow[]>;
  /** Lines of all intents of a round that concern an extrinsic. */
  readonly journalOfRound: (
    round: string,
  ) => Promise<readonly (JournalLine & { readonly nominator: string })[]>;
  /** Deletes ended intents except the newest so many. Returns the number of deleted ones. */
  readonly prune: (keepEnded: number) => Promise<number>;
}
