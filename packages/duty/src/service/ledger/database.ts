import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFoldersSync, syncFolderSync } from '@watchbill/kit/files';
import { choosePages, limitLog } from '../../store/index.ts';
import { logFault, toLedgerFault, unreadableFault, versionFault } from './faults.ts';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';

/**
 * Open `<dir>/ledger.db` for this process alone; created if it is missing. The operating system's lock ends
 * with the process, however that ends. Throws `LedgerFault`.
 */
export function openDatabase(dir: string): { readonly db: DatabaseSync; readonly file: string } {
  const file = join(dir, 'ledger.db');
  let db: DatabaseSync | null = null;
  try {
    makeFile(dir, file);
    db = new DatabaseSync(file, { timeout: 0 });
    lockAndTune(db);
    prepareSchema(db, file);
    syncFolderSync(dir);
    return { db, file };
  } catch (error) {
    db?.close();
    throw toLedgerFault('the ledger cannot be opened', file, error);
  }
}

/**
 * An existing file is never opened here: closing any descriptor of it would end the POSIX locks that another
 * connection of this process holds on it.
 */
function makeFile(dir: string, file: string): void {
  makeFoldersSync(dir, 0o700);
  if (existsSync(file)) chmodSync(file, 0o600);
  else closeSync(openSync(file, 'wx', 0o600));
}

/**
 * Exclusive mode comes first: then the write-ahead log needs no shared memory and the lock is taken for good.
 * Exported for its test, because SQLite keeps that log for any file that can be locked at all.
 */
export function lockAndTune(db: DatabaseSync): void {
  choosePages(db);
  db.exec('PRAGMA locking_mode = EXCLUSIVE');
  // SQLite does not fail if it cannot keep the log: it returns the mode that it took instead.
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode !== 'wal') throw logFault(String(mode));
  // On macOS an fsync leaves data in the cache of the drive; only these two flush it. No effect elsewhere.
  db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;');
  limitLog(db);
  db.exec('PRAGMA cache_size = -16384');
  db.exec('BEGIN IMMEDIATE; COMMIT;');
}

/** Makes the tables of a new file. Throws `LedgerFault` on a file of another kind or version. */
function prepareSchema(db: DatabaseSync, file: string): void {
  const tables = Number(db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count);
  if (tables === 0 && pragma(db, 'user_version') === 0) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
  else refuseForeign(db, file);
}

/** Throws `LedgerFault` on a file of another program or version. */
export function refuseForeign(db: DatabaseSync, file: string): void {
  if (pragma(db, 'application_id') !== APPLICATION_ID)
    throw unreadableFault(file, 'the file belongs to another program');
  const version = pragma(db, 'user_version');
  if (version !== SCHEMA_VERSION) throw versionFault(file, version, SCHEMA_VERSION);
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
