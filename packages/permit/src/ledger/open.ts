import type { DatabaseSync } from 'node:sqlite';
import type { Clock, Random } from '@watchbill/store';
import { openDatabase } from './database.ts';
import { type DecisionGroup, type NewDecision, openDecisions } from './decisions.ts';
import { type EntryRow, entryRow, type Fork, openEntries } from './entries.ts';
import { toLedgerFault } from './faults.ts';
import { commitGroups } from './groups.ts';
import { openIdentity } from './identity.ts';
import { noteQueue } from './notes.ts';
import { type Ledger, LedgerFault, type LedgerItem } from './port.ts';
import { decisionReader } from './query.ts';
import { announcer } from './subscribers.ts';

export interface LedgerOptions {
  /** Data directory; made with mode 0700 where it is missing. */
  readonly dir: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How many decisions without an entry are kept; 100,000 unless told. Grants are kept for ever. */
  readonly maxDenials?: number;
  /** Two entries with one number in one mark came to light: proof of a violation. Called once for each, after its commit. */
  readonly onFork?: (fork: Fork) => void;
}

/** A ledger in an SQLite file, with what only operation wants to know. */
export interface FileLedger extends Ledger {
  stats(): LedgerStats;
}

export interface LedgerStats {
  /** Commits that carried entries or decisions since the start. */
  readonly commits: number;
  /** Decisions without an entry that were dropped because the disk did not keep up. */
  readonly droppedNotes: number;
  /** Entries that wait for their commit. */
  readonly waiting: number;
}

/** More entries than this at once are turned away. */
const MAX_WAITING = 65_536;

interface Work {
  readonly rows: readonly EntryRow[];
  readonly decisions: readonly NewDecision[];
}

/** Open the ledger of a data directory for this process alone. Throws {@link LedgerFault}. */
export async function openLedger(options: LedgerOptions): Promise<FileLedger> {
  const { db, file } = openDatabase(options.dir);
  try {
    return assemble(db, file, options);
  } catch (error) {
    db.close();
    throw toLedgerFault('the ledger cannot be opened', file, error);
  }
}

function assemble(db: DatabaseSync, file: string, options: LedgerOptions): FileLedger {
  const identity = openIdentity(db, options.random);
  const entries = openEntries(db);
  const decisions = openDecisions(db, options.maxDenials ?? 100_000);
  const read = decisionReader(db);
  const transaction = transactions(db);
  const subscribers = announcer();
  const notes = noteQueue(options.clock, flushNotes);
  const groups = commitGroups(commit);
  let commits = 0;
  let closed = false;

  function commit(works: readonly Work[]): void {
    const group = entries.group();
    const decided = decisions.group();
    const pending = notes.pending();
    guarded('entries cannot be written to the ledger', () => {
      transaction(() => {
        for (const work of works) write(work, group.add, decided);
        for (const decision of pending) decided.add(decision, false);
        decided.prune();
        group.writeHeads();
      });
    });
    commits += 1;
    notes.taken(pending.length);
    const forks = group.settle();
    subscribers.announce(decided.settle());
    for (const fork of forks) queueMicrotask(() => options.onFork?.(fork));
  }

  /** Best effort: what the disk refuses now waits for the next commit. */
  function flushNotes(): void {
    if (notes.pending().length === 0) return;
    try {
      commit([]);
    } catch (error) {
      if (!(error instanceof LedgerFault)) throw error;
    }
  }

  function guarded<Result>(what: string, act: () => Result): Result {
    if (closed) throw new LedgerFault(`the ledger is closed (${file})`, 'Open it again.');
    try {
      return act();
    } catch (error) {
      throw toLedgerFault(what, file, error);
    }
  }

  return {
    serviceId: identity.serviceId,
    ledgerId: identity.ledgerId,
    bind: async (id) => guarded('the ledger cannot be bound', () => identity.bind(id)),
    head: (mark) => entries.heads().get(mark) ?? null,
    heads: entries.heads,
    async append(items) {
      if (items.length === 0) return;
      const work = guarded('entries cannot be written to the ledger', () => workOf(items));
      if (groups.waiting() + items.length > MAX_WAITING) throw overloaded(file);
      await groups.join({ work, size: items.length });
    },
    note: notes.add,
    decisions(query) {
      flushNotes();
      return guarded('decisions cannot be read', () => read(query));
    },
    subscribe: subscribers.subscribe,
    stats: () => ({ commits, droppedNotes: notes.dropped(), waiting: groups.waiting() }),
    async close() {
      if (closed) return;
      groups.finish();
      flushNotes();
      notes.stop();
      closed = true;
      db.close();
    },
  };
}

function overloaded(file: string): LedgerFault {
  return new LedgerFault(
    `more than ${MAX_WAITING} entries wait for the disk (${file})`,
    'Look at the latency of the disk; send fewer claims at once.',
  );
}

function workOf(items: readonly LedgerItem[]): Work {
  const decisions = items.map(({ decision }) => decision).filter((decision) => decision !== null);
  return { rows: items.map(entryRow), decisions };
}

function write(work: Work, addEntry: (row: EntryRow) => void, decided: DecisionGroup): void {
  for (const row of work.rows) addEntry(row);
  for (const decision of work.decisions) decided.add(decision, true);
}

/** All of `act` or none of it, durable when it returns. */
function transactions(db: DatabaseSync): (act: () => void) => void {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  return (act) => {
    begin.run();
    try {
      act();
      commit.run();
    } finally {
      // The engine ends a transaction by itself on some errors (a full disk), and leaves it open on others.
      if (db.isTransaction) rollback.run();
    }
  };
}
