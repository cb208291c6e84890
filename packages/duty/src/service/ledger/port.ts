import { PackageFault } from '@watchbill/kit';
import type { LedgerEntry, LedgerPoint, Part, Unit } from '../../rule/index.ts';
import type { DecisionPage, DecisionQuery, DecisionRecord } from '../contract.ts';

/**
 * The service's own disk: evidence and memory in one. Entries are durable (fsynced) before `append` settles;
 * entries that arrive together share one sync.
 */
export interface Ledger {
  /** Random, drawn when the data directory was made: the identity of this service. */
  readonly serviceId: string;
  /** The store's ledger id that this memory belongs to; null before it was bound. */
  ledgerId(): string | null;
  /** Bind this directory to a ledger, durably. Throws if it is bound to another. */
  bind(ledgerId: string): Promise<void>;

  /**
   * The head of a mark, by `chain/key/duty`: the highest entry remembered, what it granted, and as `top`
   * the highest unit among the entries of its epoch that this ledger holds (the floor of an adoption
   * counts). Null for a mark without entries. Read from memory.
   */
  point(mark: string): LedgerPoint | null;
  /** The heads of all marks. */
  points(): ReadonlyMap<string, LedgerPoint>;
  /**
   * Grants of one unit among the newest `MEMORY_ENTRIES` entries (by seq) of the mark's present epoch,
   * lowest seq first: one line per part of each entry, `enter` included. Two lines of one part with two
   * digests are a conflict. Throws a LedgerFault when the disk cannot be read.
   */
  grantsOf(mark: string, unit: Unit): readonly GrantLine[];
  /**
   * True if this ledger holds the entry with this epoch, seq and hash, or entries of the mark up to this seq
   * left by a trim. Throws a LedgerFault when the disk cannot be read.
   */
  holds(mark: string, epoch: string, seq: bigint, hash: string): boolean;

  /**
   * Append entries, durably, with the decisions they belong to. An entry that is already there with the same
   * hash is kept once. Entries are taken as they come: a service may learn of seq 9 without ever having seen
   * seq 8. Rejects with a LedgerFault (`ledger-unavailable`) when the disk refuses; then the call counts as
   * not made. (If the sync itself failed, a restart may still find it: more memory than was promised, never
   * less.)
   */
  append(items: readonly LedgerItem[]): Promise<void>;
  /** Why the disk refuses entries, and what to do; null if it takes them. Without it, it is not known. */
  trouble?(): Promise<string | null>;
  /**
   * The same within the commit of a transaction, if the store lives in the file of this ledger: the work that
   * such a transaction takes along. Null, or no method, if the store lives elsewhere. `decide` gives the
   * decision when the entry is written. Throws a LedgerFault for an entry whose hash is not its own.
   */
  along?(item: Pick<LedgerItem, 'entry' | 'hash'>, decide: () => LedgerItem['decision']): (() => void) | null;
  /**
   * Record decisions that need no durability (denials, unknowns): bounded, best effort, oldest dropped first.
   * They are written, and sent to subscribers, with the next append, after a short wait, or when decisions
   * are read.
   */
  note(decision: Omit<DecisionRecord, 'id'>): void;

  /** A page may be short, even empty, and still have a `next`: one call looks at a bounded number of rows. */
  decisions(query: DecisionQuery): DecisionPage;
  /** Each decision once, in the order of ids, after its commit. One that throws is not called again. */
  subscribe(listener: (decision: DecisionRecord) => void): () => void;
  /**
   * Keep a word that this service answered with `store-behind`. Durable (fsynced) before it settles. An open
   * word of the same id is kept once, with its first text; a released one is opened again. Rejects with a
   * LedgerFault when the disk refuses, when the text is longer than `WORD_BYTES`, or when `OPEN_WORDS` words
   * are open.
   */
  keepWord(word: KeptWord): Promise<void>;
  /**
   * Release an open word, durably. It stays on disk as evidence and leaves `openWords`. An id that is not
   * open changes nothing. Rejects with a LedgerFault when the disk refuses, or when `by` and `reason`
   * together are longer than `WORD_BYTES`. Of the words released as `explained` the newest `EXPLAINED_WORDS`
   * stay.
   */
  releaseWord(id: string, release: WordRelease): Promise<void>;
  /** Words kept and not released, oldest first; also those kept before this start. */
  openWords(): readonly KeptWord[];

  /**
   * Call the listener with each fork that an append meets from now on, after its commit and before that
   * `append` settles. Returns the function that stops it. A listener must not throw: its error ends the
   * process.
   */
  subscribeForks(listener: (fork: Fork) => void): () => void;
  close(): Promise<void>;
}

/** How many entries of a mark `grantsOf` looks at: a window of 64 units, each with up to eight entries. */
export const MEMORY_ENTRIES = 512;
/** The highest seq that a ledger can hold. */
export const SEQ_MAX = (1n << 63n) - 1n;
/** Bytes of UTF-8 that the text of a word may have, and the texts of a release together. */
export const WORD_BYTES = 4096;
/** More open words than this are refused. One is enough to hold every key. */
export const OPEN_WORDS = 1024;
/** Words that the store explained: a faulty node can make many, so older ones leave. */
export const EXPLAINED_WORDS = 10_000;

/** One part that an entry granted. */
export interface GrantLine {
  readonly part: Part;
  readonly digest: string | null;
  readonly nonce: string;
  /** The service that wrote the entry; another one's if this service learned it from the store. */
  readonly service: string;
}

/** A word as this service keeps it. The text is opaque here; rollback reports write it as canonical JSON. */
export interface KeptWord {
  readonly id: string;
  readonly text: string;
}

/** Why a word is released: the store explains it, adoptions freed every key, or an operator decided. */
export interface WordRelease {
  readonly how: 'explained' | 'adopted' | 'operator';
  readonly by: string;
  readonly reason: string;
  /** Unix milliseconds. */
  readonly atMs: number;
}

/** Two entries with one (mark, epoch, seq): proof that two transactions wrote the same step. */
export interface Fork {
  readonly mark: string;
  readonly epoch: string;
  readonly seq: string;
  /** The one that was there first, and the one that came now. Both are kept. */
  readonly hashes: readonly [first: string, second: string];
}

export interface LedgerItem {
  readonly entry: LedgerEntry;
  readonly hash: string;
  /** The decision that this append makes deliverable; null for an entry learned from a mark. */
  readonly decision: Omit<DecisionRecord, 'id'> | null;
}

export class LedgerFault extends PackageFault<'ledger-unavailable'> {
  override readonly name = 'LedgerFault';
  constructor(message: string, remedy: string, cause?: unknown) {
    super('ledger-unavailable', message, remedy, cause);
  }
}
