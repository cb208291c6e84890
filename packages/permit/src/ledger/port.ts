import type { LedgerEntry } from '@watchbill/duty';
import type { DecisionPage, DecisionQuery, DecisionRecord, Head } from '../contract.ts';

/**
 * The service's own disk: evidence and memory in one. Entries are durable (fsynced) before `append` settles;
 * entries that arrive together share one sync.
 */
export interface Ledger {
  /** Random, drawn when the data directory was made: the identity of this service. */
  readonly serviceId: string;
  /** The store's ledger id that this memory belongs to; null before it was bound. */
  ledgerId(): string | null;
  /** Bind this directory to a ledger, durably. Throws where it is bound to another. */
  bind(ledgerId: string): Promise<void>;

  /** Highest (epoch, seq, hash) remembered for a mark, by `chain/key/duty`. */
  head(mark: string): Head | null;
  heads(): ReadonlyMap<string, Head>;
  /**
   * Append entries, durably, with the decisions they belong to. An entry that is already there with the same hash is
   * kept once. Entries are taken as they come: a service may learn of seq 9 without ever having seen seq 8.
   * Rejects with a LedgerFault (`ledger-unavailable`) when the disk refuses; then nothing of the call counts as kept.
   * (Where the very sync failed, a restart may still find it: more memory than was promised, never less.)
   */
  append(items: readonly LedgerItem[]): Promise<void>;
  /**
   * Record decisions that need no durability (denials, unknowns): bounded, best effort, oldest dropped first. They
   * are written, and told to subscribers, with the next append, after a short wait, or when decisions are read.
   */
  note(decision: Omit<DecisionRecord, 'id'>): void;
  /** A page may be short, even empty, and still have a `next`: one call looks at a bounded number of rows. */
  decisions(query: DecisionQuery): DecisionPage;
  /** Each decision once, in the order of ids, after its commit. A listener that throws is not called again. */
  subscribe(listener: (decision: DecisionRecord) => void): () => void;
  close(): Promise<void>;
}

export interface LedgerItem {
  readonly entry: LedgerEntry;
  readonly hash: string;
  /** The decision that this append makes deliverable; null for an entry learned from a mark. */
  readonly decision: Omit<DecisionRecord, 'id'> | null;
}

export class LedgerFault extends Error {
  readonly code = 'ledger-unavailable';
  readonly remedy: string;
  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LedgerFault';
    this.remedy = remedy;
  }
}
