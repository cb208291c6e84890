import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { causeText } from '@watchbill/kit';
import { StoreFault } from '../port.ts';
import { choosePages, limitLog } from './pages.ts';
import { remembering, type Statements } from './remembered.ts';

/** The layout of the tables; a file of another version is refused. */
export const SCHEMA_VERSION = 1;

/** One open connection with its statements prepared once. Every call may throw an error of SQLite. */
export interface Database {
  get(key: string): Row | null;
  /** The same without a copy of the value, to compare it: the caller neither changes it nor passes it on. */
  peek(key: string): Row | null;
  /**
   * Records from a key on (or after it), in the byte order of their keys; read only as far as the caller
   * iterates.
   */
  from(key: string, exclusive: boolean): Iterable<Row & { readonly key: string }>;
  put(key: string, value: Uint8Array, lease: string | null): void;
  remove(key: string): void;
  /** Remove the records of a lease; returns their keys. */
  removeLeased(id: string): readonly string[];
  /** The leases that records were written with. */
  leases(): readonly string[];
  /** SQLite's settings for this file: pragma name to value. */
  settings(): Readonly<Record<'journal_mode' | 'synchronous' | 'locking_mode', unknown>>;
  /** Change no data, but in a way that SQLite has to write. */
  touch(): void;
  begin(): void;
  commit(): void;
  /** End a transaction that may be open. */
  rollback(): void;
  /** Copy the whole log into the database file and sync it. Throws unless all of it was copied. */
  checkpoint(): void;
  close(): void;
}

export interface Row {
  readonly value: Uint8Array;
  readonly lease: string | null;
}

/**
 * Open or create the database and lock it for this connection.
 *
 * `locking_mode=EXCLUSIVE` before the log is first touched makes SQLite keep its file lock until the
 * connection ends, and keep the index of the log in its own memory. The kernel holds the lock and releases it
 * with the process, so no kill leaves a stale one. Other code in this process must not open and close the
 * file: closing any descriptor of a file releases all of the process's locks on it.
 */
export function openDatabase(path: string): Database {
  createPrivately(path);
  checkWritable(path);
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    choosePages(db);
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
    const fresh = checkVersion(db, path);
    db.exec('COMMIT');
    useLog(db, path);
    if (fresh) db.exec(`BEGIN EXCLUSIVE; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    return remembering(statements(db));
  } catch (error) {
    db.close();
    throw error;
  }
}

const SCHEMA = `
  CREATE TABLE records (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL, lease TEXT);
  CREATE INDEX records_by_lease ON records (lease) WHERE lease IS NOT NULL;
`;

/**
 * Switch to the write-ahead log with a sync for every commit. SQLite returns the mode that it really uses.
 */
function useLog(db: DatabaseSync, path: string): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode !== 'wal') {
    throw new StoreFault(
      'unavailable',
      `${path}: SQLite keeps no write-ahead log here (journal mode ${String(mode)})`,
      'put the database on a local file system',
    );
  }
  db.exec('PRAGMA synchronous = FULL');
  limitLog(db);
}

/**
 * A new file is readable by its owner alone; `wx` never opens an existing file. SQLite gives its log the same
 * mode.
 */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // The file exists, or the next check reports why it cannot be made.
  }
}

/**
 * SQLite would open a read-only file for reading and then fail at its locks with a message about the disk.
 */
function checkWritable(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new StoreFault(
      'full',
      `${path} cannot be written: ${causeText(error)}`,
      'make room, and make the file and its directory writable for this user; a read-only file system is one cause',
      error,
    );
  }
}

/** True for a new database. Throws `damaged` for one of another version or another program. */
function checkVersion(db: DatabaseSync, path: string): boolean {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (version === SCHEMA_VERSION) return false;
  const tables = Number(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables);
  if (version === 0 && tables === 0) return true;
  throw new StoreFault(
    'damaged',
    `${path} holds ${version === 0 ? 'tables of another program' : `data of version ${version}`}; this release reads version ${SCHEMA_VERSION}`,
    'start the release that wrote the file, or give this one another path',
  );
}

function statements(db: DatabaseSync): Statements {
  const prepared = {
    get: db.prepare('SELECT value, lease FROM records WHERE key = ?'),
    from: db.prepare('SELECT key, value, lease FROM records WHERE key >= ? ORDER BY key'),
    after: db.prepare('SELECT key, value, lease FROM records WHERE key > ? ORDER BY key'),
    put: db.prepare(
      'INSERT INTO records (key, value, lease) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, lease = excluded.lease',
    ),
    remove: db.prepare('DELETE FROM records WHERE key = ?'),
    dropLeased: db.prepare('DELETE FROM records WHERE lease = ? RETURNING key'),
    leases: db.prepare('SELECT DISTINCT lease FROM records WHERE lease IS NOT NULL'),
    touch: db.prepare(`PRAGMA user_version = ${SCHEMA_VERSION}`),
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
  };
  return {
    get: (key) => rowOf(prepared.get.get(key)),
    from: (key, exclusive) => rows(exclusive ? prepared.after : prepared.from, key),
    put: (key, value, lease) => void prepared.put.run(key, value, lease),
    remove: (key) => void prepared.remove.run(key),
    removeLeased: (id) => prepared.dropLeased.all(id).map((row) => String(row.key)),
    leases: () => prepared.leases.all().map(({ lease }) => String(lease)),
    touch: () => void prepared.touch.run(),
    begin: () => void prepared.begin.run(),
    commit: () => void prepared.commit.run(),
    rollback: () => {
      if (db.isTransaction) prepared.rollback.run();
    },
    settings: () => ({
      journal_mode: db.prepare('PRAGMA journal_mode').get()?.journal_mode,
      synchronous: db.prepare('PRAGMA synchronous').get()?.synchronous,
      locking_mode: db.prepare('PRAGMA locking_mode').get()?.locking_mode,
    }),
    checkpoint: () => checkpoint(db),
    close: () => db.close(),
  };
}

function* rows(statement: StatementSync, key: string): Generator<Row & { readonly key: string }> {
  for (const row of statement.iterate(key)) {
    const found = rowOf(row);
    if (found !== null) yield { key: String(row.key), ...found };
  }
}

function rowOf(row: ReturnType<StatementSync['get']>): Row | null {
  if (row === undefined) return null;
  const { value, lease } = row;
  return {
    value: value instanceof Uint8Array ? value : new Uint8Array(),
    lease: typeof lease === 'string' ? lease : null,
  };
}

function checkpoint(db: DatabaseSync): void {
  const done = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  if (Number(done?.busy) !== 0) throw new Error('the log of the database could not be copied into it');
}
