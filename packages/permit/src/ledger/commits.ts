import type { DatabaseSync } from 'node:sqlite';
import type { Guard } from './faults.ts';
import type { Notes } from './notes.ts';
import { LedgerFault } from './port.ts';
import { type Tables, type Work, type Written, writer } from './writer.ts';

/** How groups of entries, decisions and words become durable. */
export interface Commits {
  /** Durable on return, or when the promise settles; or fails with none of it done. */
  commit(works: readonly Work[]): void | Promise<void>;
  /** Write the waiting notes, best effort: after a refusal of the disk they wait for the next commit. */
  flushNotes(): void;
  /** Everything that counts is in the tables on return. Throws if the disk refuses. */
  catchUp(): void;
  /** How many commits carried entries or decisions. */
  count(): number;
  /** The last call. */
  end(): void;
}

export interface CommitParts {
  readonly db: DatabaseSync;
  readonly tables: Tables;
  readonly notes: Notes;
  readonly guarded: Guard;
  /** Called after each commit. */
  announce(written: Written): void;
}

export const WRITING = 'entries cannot be written to the ledger';

/** Every group is one synced transaction of the tables. */
export function tableCommits({ db, tables, notes, guarded, announce }: CommitParts): Commits {
  const write = writer(db, tables);
  let count = 0;

  function commit(works: readonly Work[]): void {
    const pending = notes.pending();
    const written = guarded(WRITING, () => write(works, pending));
    count += 1;
    notes.taken(pending.length);
    announce(written);
  }
  return {
    commit,
    flushNotes: () => flushQuietly(notes, () => commit([])),
    catchUp: () => undefined,
    count: () => count,
    end: () => undefined,
  };
}

export function flushQuietly(notes: Notes, flush: () => void): void {
  if (notes.pending().length === 0) return;
  try {
    flush();
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
  }
}
