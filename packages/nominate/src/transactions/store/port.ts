import type { Intent } from '../intent.ts';
import type { ClosedFlight, Note } from '../machine/effects.ts';
import type { IntentState, ShownState } from '../state.ts';

/** A state as it was stored, and how often it had been. */
export interface StoredIntent {
  readonly state: IntentState;
  readonly revision: number;
}

export interface Change {
  /** The revision that the change follows from. */
  readonly revision: number;
  readonly state: IntentState;
  readonly notes: readonly Note[];
  readonly closed: readonly ClosedFlight[];
}

export type Saving =
  | { readonly ok: true; readonly revision: number }
  /** `changed`: somebody else changed the intent since; `nonce-taken`: another flight has the account and the nonce. */
  | { readonly ok: false; readonly code: 'changed' | 'nonce-taken' };

export type Adding =
  | { readonly ok: true }
  /** `exists`: for this round; `era-taken`: another intent of the era is open, or has landed as far as anybody knows. */
  | { readonly ok: false; readonly code: 'exists' | 'era-taken' | 'too-many' };

/** What lasts of intents. Every change is one durable transaction. Each rejects where the database does not work. */
export interface IntentStore {
  readonly add: (intent: Intent) => Promise<Adding>;
  readonly load: (id: string) => Promise<StoredIntent | null>;
  /** Those that have not ended, in the order in which they were made. */
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

/** What people and pages ask. */
export interface IntentQueries {
  /** The newest first. */
  readonly list: (filter: {
    readonly open?: boolean;
    readonly nominator?: string;
    readonly limit: number;
  }) => Promise<readonly IntentRow[]>;
  /** From the first line on. */
  readonly journal: (id: string) => Promise<readonly JournalLine[]>;
  readonly flights: (id: string) => Promise<readonly FlightRow[]>;
  /** Lines of all intents of a round that are about an extrinsic. */
  readonly journalOfRound: (
    round: string,
  ) => Promise<readonly (JournalLine & { readonly nominator: string })[]>;
  /** Forgets ended intents but for the newest so many. Answers how many it forgot. */
  readonly prune: (keepEnded: number) => Promise<number>;
}
