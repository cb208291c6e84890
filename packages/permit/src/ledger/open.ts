import type { DatabaseSync } from 'node:sqlite';
import type { Clock, Random } from '@watchbill/base';
import { type CommitParts, type Commits, tableCommits, WRITING } from './commits.ts';
import { openDatabase } from './database.ts';
import { type EntryDisk, entryDisk } from './entry-file/disk.ts';
import { fileCommits } from './entry-file/file-commits.ts';
import { type BegunFile, beginEntryFile, endEarlierFile, entryFileOf } from './entry-file/sessions.ts';
import { closedFault, faultGate, toLedgerFault } from './faults.ts';
import { decisionFinder } from './finder.ts';
import { forkAnnouncer } from './forks.ts';
import { commitGroups } from './groups.ts';
import { type Identity, openIdentity } from './identity.ts';
import { noteQueue } from './notes.ts';
import { type Fork, type Ledger, LedgerFault } from './port.ts';
import { recall } from './recall.ts';
import { type LedgerSource, ledgerSource } from './source.ts';
import { announcer } from './subscribers.ts';
import { wordKeeper } from './words.ts';
import { openTables, type Work, type Written, wordWork, workOf } from './writer.ts';

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
  /**
   * Keep new entries in a file beside the database first: `docs/decisions/0049-ledger-entry-file.md`. Entries
   * of an earlier such file are read whatever this says.
   */
  readonly entryFile?: boolean;
  /** The disk failed under the entry file: from now on every append is refused. Called once. */
  readonly onFailed?: (fault: LedgerFault) => void;
  /** For tests: the disk of the entry file, and the size of the file in bytes. */
  readonly disk?: EntryDisk;
  readonly fileBytes?: number;
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
    const place = { db, path: entryFileOf(file), disk: options.disk ?? entryDisk };
    const forks = endEarlierFile(place);
    const identity = openIdentity(db, options.random);
    const begun =
      options.entryFile === true
        ? beginEntryFile(place, { random: options.random, service: identity.serviceId }, options.fileBytes)
        : null;
    const ledger = assemble({ db, file, identity, begun }, options);
    for (const fork of forks) options.onFork?.(fork);
    return ledger;
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

interface OpenFiles {
  readonly db: DatabaseSync;
  /** Path of the database. */
  readonly file: string;
  readonly identity: Identity;
  /** Null where every group is a transaction of the tables. */
  readonly begun: BegunFile | null;
}

function assemble({ db, file, identity, begun }: OpenFiles, options: LedgerOptions): FileLedger {
  const { clock } = options;
  const gate = faultGate(file);
  const { guarded } = gate;
  const tables = openTables(db, options.maxDenials ?? 100_000, () => commits.catchUp());
  const decisions = decisionFinder(db, clock, guarded, () => {
    commits.catchUp();
    commits.flushNotes();
  });
  const subscribers = announcer();
  const forkListeners = forkAnnouncer();
  if (options.onFork !== undefined) forkListeners.subscribe(options.onFork);
  const notes = noteQueue(clock, () => commits.flushNotes());
  const announce = (written: Written) => {
    forkListeners.announce(written.forks);
    subscribers.announce(written.decisions);
  };
  const commits: Commits = commitsOf({ db, tables, notes, guarded, announce }, { file, begun }, options);
  const groups = commitGroups(commits.commit);
  let closing: Promise<void> | null = null;

  /** Settles when the work is durable. */
  async function join(size: number, prepare: () => Work): Promise<void> {
    const work = guarded(WRITING, prepare);
    if (closing !== null) throw closedFault(file);
    if (groups.waiting() + size > MAX_WAITING) throw overloaded(file);
    await groups.join({ work, size });
  }

  async function close(): Promise<void> {
    const later = groups.finish();
    if (later !== undefined) await later;
    commits.flushNotes();
    notes.stop();
    decisions.stop();
    commits.end();
    gate.close();
    db.close();
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
    source: () => sourceOf(db, guardedBy(file), commits),
    stats: () => ({ commits: commits.count(), droppedNotes: notes.dropped(), waiting: groups.waiting() }),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function commitsOf(
  parts: CommitParts,
  { file, begun }: Pick<OpenFiles, 'file' | 'begun'>,
  { clock, onFailed = () => undefined }: LedgerOptions,
): Commits {
  return begun === null ? tableCommits(parts) : fileCommits({ ...parts, begun, path: file, clock, onFailed });
}

function sourceOf(db: DatabaseSync, read: ReturnType<typeof guardedBy>, { catchUp }: Commits): LedgerSource {
  read(catchUp);
  return ledgerSource(db, read);
}

function overloaded(file: string): LedgerFault {
  return new LedgerFault(
    `more than ${MAX_WAITING} entries wait for the disk (${file})`,
    'Look at the latency of the disk; send fewer claims at once.',
  );
}
