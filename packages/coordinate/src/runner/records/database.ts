import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '@watchbill/kit';
import { syncFolder } from '@watchbill/kit/files';
import { RunnerFault } from '../fault.ts';
import { CURSOR_FILE } from './cursor-file.ts';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';

export const DATABASE_FILE = 'records.sqlite';

/** Whose records they are. A member must not use the records of another seat. */
export interface RecordsOwner {
  readonly profile: string;
  readonly group: string;
  readonly seat: number;
  /** The public key of the operator, as text. */
  readonly key: string;
}

/** SQLite's code for a file that another connection has locked. */
const SQLITE_BUSY = 5;

/**
 * Open or make the records of a state folder, for this process alone: two processes on one folder would
 * equivocate. The kernel holds the lock and releases it when the process ends, even by SIGKILL. Throws a
 * {@link RunnerFault}.
 */
export async function openDatabase(folder: string, owner: RecordsOwner): Promise<DatabaseSync> {
  const path = join(folder, DATABASE_FILE);
  let db: DatabaseSync | null = null;
  try {
    await makeFile(folder, path);
    db = new DatabaseSync(path, { timeout: 0 });
    // Exclusive mode first: then the lock stays until the connection ends.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    db.exec('PRAGMA journal_size_limit = 8388608; BEGIN IMMEDIATE; COMMIT;');
    prepare(db, folder, owner);
    await syncFolder(folder);
    return db;
  } catch (error) {
    db?.close();
    throw asFault(error, folder);
  }
}

/**
 * An existing file is not opened here: closing a descriptor of it would end the locks that this process has
 * on it.
 */
async function makeFile(folder: string, path: string): Promise<void> {
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    await syncFolder(dirname(folder));
  }
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
}

function prepare(db: DatabaseSync, folder: string, owner: RecordsOwner): void {
  const path = join(folder, DATABASE_FILE);
  const version = pragma(db, 'user_version');
  const tables = Number(db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count);
  if (tables === 0 && version === 0) {
    refuseLostRecords(folder);
    db.exec(`BEGIN IMMEDIATE; ${SCHEMA}`);
    const put = db.prepare('INSERT INTO owner (name, value) VALUES (?, ?)');
    for (const [name, value] of Object.entries(owner)) put.run(name, String(value));
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
    return;
  }
  checkVersion(db, path);
  checkOwner(db, path, owner);
}

/** The removed file may still be the lock of a running process, and knows the actions that were begun. */
function refuseLostRecords(folder: string): void {
  if (!existsSync(join(folder, CURSOR_FILE))) return;
  throw new RunnerFault(
    'records-lost',
    `${folder} has a cursor and no records: ${DATABASE_FILE} was removed`,
    `stop the process of this member if one still runs, and restore ${DATABASE_FILE}; if it is gone for good, wait until every window and every lease that was open when it was lost is over, and start with an empty state folder`,
  );
}

/** Throws if the tables are of another program or version. */
export function checkVersion(db: DatabaseSync, path: string): void {
  if (pragma(db, 'application_id') === APPLICATION_ID && pragma(db, 'user_version') === SCHEMA_VERSION)
    return;
  throw new RunnerFault(
    'state-refused',
    `${path} does not hold records of this release (version ${SCHEMA_VERSION})`,
    'use the release that made the state folder, or the right folder',
  );
}

function checkOwner(db: DatabaseSync, path: string, owner: RecordsOwner): void {
  const known = ownerOf(db);
  for (const [name, value] of Object.entries(owner)) {
    if (known[name] === String(value)) continue;
    throw new RunnerFault(
      'state-refused',
      `${path} belongs to the ${name} ${known[name] ?? '(none)'}, not ${value}`,
      'give each member of each group a separate state folder',
    );
  }
}

/** Whose records a database holds, by name. */
export function ownerOf(db: DatabaseSync): Readonly<Record<string, string>> {
  const rows = db.prepare('SELECT name, value FROM owner').all();
  return Object.fromEntries(rows.map(({ name, value }) => [String(name), String(value)]));
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** The error that kept a state folder from being opened, as a fault. */
export function asFault(error: unknown, folder: string): RunnerFault {
  if (error instanceof RunnerFault) return error;
  if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY)
    return new RunnerFault(
      'state-locked',
      `another process uses the state folder ${folder}`,
      'stop that process first; two processes with one key would sign conflicting messages, which proves a fault',
      error,
    );
  return new RunnerFault(
    'state-refused',
    `the state folder ${folder} cannot be used: ${messageOf(error)}`,
    'check that the folder is on a local disk with free space, and that this user can write to it; restore a copy only if the member has signed no message since',
    error,
  );
}
