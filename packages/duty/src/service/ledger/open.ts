import type { DatabaseSync } from 'node:sqlite';
import type { Clock, Random } from '@watchbill/kit';
import { openDatabase } from './database.ts';
import { faultGate, toLedgerFault } from './faults.ts';
import { decisionFinder } from './finder.ts';
import { forkAnnouncer } from './forks.ts';
import { commitGroups } from './groups.ts';
import { openIdentity } from './identity.ts';
import { noteQueue } from './notes.ts';
import { type Fork, type Ledger, LedgerFault } from './port.ts';
import { recall } from './recall.ts';
import { type LedgerSource, ledgerSource } from './source.ts';
import { announcer } from './subscribers.ts';
import { wordKeeper } from './words.ts';
import { openTables, type Work, wordWork, workOf, writer } from './writer.ts';

export interface LedgerOptions {
  /** Data directory; created with mode 0700 if it is missing. */
  readonly dir: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How many decisions without an entry are kept; 100,000 by default. Grants are kept for ever. */
  readonly maxDenials?: number;
  /**
   * Two entries with one number in one mark were found: proof of a violation. Called once for each, after its
   * commit.
   */
  readonly onFork?: (fork: Fork) => void;
}

/** A ledger in an SQLite file, with figures for operators. */
export interface FileLedger extends Ledger {
  /**
   * The ledger as of this call, for an export. Entries that come later are not in it. Its lists are read in
   * pages, between appends; they throw a LedgerFault when the disk cannot be read.
   */
  source(): LedgerSource;
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

/** More entries than this at once are refused. */
const MAX_WAITING = 65_536;

/** Open the ledger of a data directory for this process alone. Throws {@link LedgerFault}. */
export async function openLedger(options: LedgerOptions): Promise<FileLedger> {
  const { db, file } = openDatabase(options.dir);
  try {
    return { ...assemble(db, file, options), source: () => ledgerSource(db, guardedBy(file)) };
  } catch (error) {
    db.close();
    throw toLedgerFault('the ledger cannot be opened', file, error);
  }
}

/** Also after the ledger was closed, in the middle of an export. */
function guardedBy(file: string) {
  return <Result>(read: () => Result): Result => {
    try {
      return read();
    } catch (error) {
      throw toLedgerFault('the ledger cannot be exported', file, error);
    }
  };
}

function assemble(db: DatabaseSync, file: string, options: LedgerOptions): Omit<FileLedger, 'source'> {
  const identity = openIdentity(db, options.random);
  const gate = faultGate(file);
  const { guarded } = gate;
  const tables = openTables(db, options.maxDenials ?? 100_000);
  const decisions = decisionFinder(db, options.clock, guarded, flushNotes);
  const write = writer(db, tables);
  const subscribers = announcer();
  const forkListeners = forkAnnouncer();
  if (options.onFork !== undefined) forkListeners.subscribe(options.onFork);
  const notes = noteQueue(options.clock, flushNotes);
  const groups = commitGroups(commit);
  let commits = 0;

  function commit(works: readonly Work[]): void {
    const pending = notes.pending();
    const written = guarded('entries cannot be written to the ledger', () => write(works, pending));
    commits += 1;
    notes.taken(pending.length);
    forkListeners.announce(written.forks);
    subscribers.announce(written.decisions);
  }

  function flushNotes(): void {
    if (notes.pending().length > 0) ignoreRefusal(() => commit([]));
  }

  /** Settles when the work is durable. */
  async function join(size: number, prepare: () => Work): Promise<void> {
    const work = guarded('entries cannot be written to the ledger', prepare);
    if (groups.waiting() + size > MAX_WAITING) throw overloaded(file);
    await groups.join({ work, size });
  }

  return {
    serviceId: identity.serviceId,
    ledgerId: identity.ledgerId,
    bind: async (id) => guarded('the ledger cannot be bound', () => identity.bind(id)),
    head: (mark) => tables.entries.heads().get(mark) ?? null,
    heads: tables.entries.heads,
    ...recall(tables, guarded),
    async append(items) {
      if (items.length > 0) await join(items.length, () => workOf(items));
    },
    ...wordKeeper(tables.words, (change) => join(1, () => wordWork(change()))),
    note: notes.add,
    decisions: decisions.find,
    subscribe: subscribers.subscribe,
    subscribeForks: forkListeners.subscribe,
    stats: () => ({ commits, droppedNotes: notes.dropped(), waiting: groups.waiting() }),
    async close() {
      if (gate.closed()) return;
      groups.finish();
      flushNotes();
      notes.stop();
      decisions.stop();
      gate.close();
      db.close();
    },
  };
}

/** For notes: after a refusal of the disk they wait for the next commit. */
function ignoreRefusal(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
  }
}

function overloaded(file: string): LedgerFault {
  return new LedgerFault(
    `more than ${MAX_WAITING} entries wait for the disk (${file})`,
    'Look at the latency of the disk; send fewer claims at once.',
  );
}
