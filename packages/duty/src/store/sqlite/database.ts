import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { causeText } from '@watchbill/kit';
import { StoreFault } from '../port.ts';
import { mustBeLocal, mustHaveOneName } from './remote-disk.ts';

/** A commit writes whole pages, and a grant changes a few hundred bytes of each of nine: decision 0051. */
const PAGE_BYTES = 2_048;
/** SQLite copies the log into the file at 1,000 pages; with more, it copies a page once for many commits. */
const COPY_AT_BYTES = 32 * 1_024 * 1_024;
/** Beyond this size the log is given back to the file system after it was copied. */
const KEEP_BYTES = 64 * 1_024 * 1_024;
/** How much of the file stays in memory: the pages that a group of many marks touches. */
const CACHE_KIB = 16 * 1_024;

/** No record comes near: a longer one is damage, refused before it takes memory (from Node 24.15 on). */
const MAX_ROW_BYTES = 16 * 1_024 * 1_024;

/** The tables of a file, and how a file with other ones is refused. */
export interface Layout {
  /** Makes the tables of a new file. */
  readonly schema: string;
  /** `PRAGMA user_version` of such a file. */
  readonly version: number;
  /** Throws for a file of another version or another program. */
  readonly check: (db: DatabaseSync, path: string) => void;
}

/** One open connection. Every call may throw an error of SQLite. */
export type Database = ReturnType<typeof connected>;

/**
 * Open or create the database and lock it for this connection.
 *
 * `locking_mode=EXCLUSIVE` before the log is first touched makes SQLite keep its file lock until the
 * connection ends, and keep the index of the log in its own memory. The kernel holds the lock and releases it
 * with the process, so no kill leaves a stale one. Other code in this process must not open and close the
 * file: closing any descriptor of a file releases all of the process's locks on it.
 */
export function openDatabase(path: string, layout: Layout): Database {
  checkWritable(path);
  const db = new DatabaseSync(path, { timeout: 0, limits: { length: MAX_ROW_BYTES } });
  try {
    // SQLite ignores the page size after any other statement.
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
    const fresh = isFresh(db);
    if (!fresh) layout.check(db, path);
    db.exec('COMMIT');
    useLog(db, path);
    if (fresh) db.exec(`BEGIN EXCLUSIVE; ${layout.schema} PRAGMA user_version = ${layout.version}; COMMIT`);
    return connected(db, layout);
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Switch to the write-ahead log with a sync for every commit. SQLite returns the mode that it really uses.
 * Exported for its test, because SQLite keeps that log for any file that can be locked at all.
 */
export function useLog(db: DatabaseSync, path: string): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode !== 'wal') {
    throw new StoreFault(
      'unavailable',
      `${path}: SQLite keeps no write-ahead log here (journal mode ${String(mode)})`,
      'put the database on a local file system',
    );
  }
  // On macOS an fsync leaves data in the cache of the drive; only these two flush it. No effect elsewhere.
  db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON');
  limitLog(db);
}

/** When the write-ahead log is copied into the file, how long it may stay, and what stays in memory. */
export function limitLog(db: DatabaseSync): void {
  db.exec(`PRAGMA wal_autocheckpoint = ${COPY_AT_BYTES / PAGE_BYTES};
    PRAGMA journal_size_limit = ${KEEP_BYTES}; PRAGMA cache_size = -${CACHE_KIB}`);
}

/**
 * Makes the file if it is absent, readable by its owner alone; SQLite gives its log the same mode. SQLite
 * would open a read-only file for reading and then fail at its locks with a message about the disk.
 */
function checkWritable(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
    mustBeLocal(dirname(path));
    if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
    accessSync(path, constants.W_OK);
    mustHaveOneName(path);
  } catch (error) {
    if (error instanceof StoreFault) throw error;
    throw new StoreFault(
      'full',
      `${path} cannot be written: ${causeText(error)}`,
      'make room, and make the file and its directory writable for this user; a read-only file system is one cause',
      error,
    );
  }
}

function isFresh(db: DatabaseSync): boolean {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  return version === 0 && Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n) === 0;
}

function connected(db: DatabaseSync, { version }: Layout) {
  const prepared = {
    touch: db.prepare(`PRAGMA user_version = ${version}`),
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
  };
  return {
    db,
    /** Change no data, but in a way that SQLite has to write. */
    touch: (): void => void prepared.touch.run(),
    begin: (): void => void prepared.begin.run(),
    commit: (): void => void prepared.commit.run(),
    /** End a transaction that may be open. */
    rollback: (): void => {
      if (db.isTransaction) prepared.rollback.run();
    },
    /** Copy the whole log into the database file and sync it. Throws unless all of it was copied. */
    checkpoint: (): void => {
      const done = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      if (Number(done?.busy) !== 0) throw new Error('the log of the database could not be copied into it');
    },
    close: (): void => db.close(),
  };
}
