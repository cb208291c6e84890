import type { SaidWord } from './report.ts';

/**
 * How the mark of a word accounts for it; see `explains` of `@watchbill/duty`. `recovered`: the word is of an
 * epoch that a recovery ended, and the floor that it adopted is at or above `top`.
 */
export type Verdict = 'lineage' | 'floor' | 'gap' | 'none' | 'recovered';

interface Timed {
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  /** Unix milliseconds. */
  readonly atMs: number;
}

/**
 * Events of the rollback reports of one service. Answers name the call that they answer; late ones are
 * dropped.
 */
export type ReportsEvent = Timed &
  (
    | { readonly kind: 'said'; readonly word: SaidWord }
    /** A word on the own disk that was not released, at the start. */
    | { readonly kind: 'on-disk'; readonly recordKey: string; readonly text: string }
    /** The own disk holds what `keep-word` asked for, or released what `release-in-ledger` asked for. */
    | { readonly kind: 'kept'; readonly recordKey: string; readonly ids: readonly string[] }
    | { readonly kind: 'disk-released'; readonly recordKey: string }
    | { readonly kind: 'disk-failed'; readonly recordKey: string; readonly why: string }
    /** A hint of the store: the record may have changed. */
    | { readonly kind: 'record-changed'; readonly recordKey: string }
    /** A linearizable read. */
    | {
        readonly kind: 'record-seen';
        readonly recordKey: string;
        readonly call: number | null;
        readonly text: string | null;
      }
    | { readonly kind: 'not-read'; readonly recordKey: string; readonly call: number; readonly why: string }
    | {
        readonly kind: 'written';
        readonly recordKey: string;
        readonly call: number;
        readonly outcome: 'applied' | 'conflict' | 'unsure';
        readonly why: string;
      }
    /**
     * Linearizable reads of marks, and of the list of policies. A record that is not in `verdicts` was not
     * judged.
     */
    | {
        readonly kind: 'judged';
        readonly call: number;
        readonly verdicts: ReadonlyMap<string, Verdict>;
        /** Every policy of the ledger, read after the marks; null if that failed. */
        readonly policies: readonly { readonly chain: string; readonly key: string }[] | null;
      }
    /** The transaction of an adoption or of an operator's release wrote these texts, by record key. */
    | { readonly kind: 'committed'; readonly texts: ReadonlyMap<string, string> }
    | { readonly kind: 'tick' }
  );
