import { chmodSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFoldersSync } from '@watchbill/kit/files';
import { limitLog, resultCode, SQLITE } from '../../store/index.ts';
import type { Log } from '../ports.ts';
import { pruner } from './prune.ts';
import { unitReader } from './read-file.ts';
import type { UnitRecord } from './record.ts';
import { unitWriter } from './write-file.ts';

/** The facts about units on the disk of the service: decision 0034. Safety does not rest on them. */
export type UnitFile = ReturnType<typeof fileOver>;

type WarningLog = Pick<Log, 'warn'>;

export interface UnitFileOptions {
  /** The data folder; without it the facts end with the process. */
  readonly dir?: string;
  readonly log: WarningLog;
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
}

const DAY_MS = 86_400_000;
const MAX_AGE_MS = 30 * DAY_MS;
const MAX_BYTES = 256 * 1_024 * 1_024;
const VERSION = 3;
const MEMORY = ':memory:';

const UNITS = `
  CREATE TABLE units (
    mark INTEGER, u1 INTEGER, u2 INTEGER, u3 TEXT, at INTEGER, due INTEGER, counted INTEGER, seen TEXT, claims TEXT,
    PRIMARY KEY (mark, u1, u2, u3)
  ) WITHOUT ROWID;
  CREATE INDEX units_at ON units (at);
  CREATE INDEX units_uncounted ON units (at) WHERE counted = 0;`;

const SCHEMA = `
  CREATE TABLE marks (id INTEGER PRIMARY KEY, chain TEXT, key TEXT, duty TEXT, UNIQUE (chain, key, duty));
  ${UNITS}
  CREATE TABLE chains (id INTEGER PRIMARY KEY, chain TEXT, duty TEXT, UNIQUE (chain, duty));
  CREATE TABLE authors (id INTEGER PRIMARY KEY, key TEXT UNIQUE);
  CREATE TABLE blocks (
    chain INTEGER, slot INTEGER, after INTEGER, author INTEGER, at INTEGER, PRIMARY KEY (chain, slot)
  ) WITHOUT ROWID;
  CREATE TABLE tally (
    mark INTEGER, at INTEGER, node TEXT, outcome TEXT, units INTEGER, PRIMARY KEY (mark, at, node, outcome)
  ) WITHOUT ROWID;
  CREATE INDEX tally_at ON tally (at);
  PRAGMA user_version = ${VERSION};`;

/**
 * Opens `units.db` in the data folder. A file that is damaged is put aside as `units.db.damaged`, and a new
 * one begins. If there can be no file, the facts are kept in memory, and the service starts.
 */
export function openUnitFile(options: UnitFileOptions): UnitFile {
  const { dir, log } = options;
  if (dir === undefined) return fileOver(openDatabase(MEMORY), options);
  const path = join(dir, 'units.db');
  try {
    makeFoldersSync(dir, 0o700);
    return fileOver(openWhole(path, log), options);
  } catch (error) {
    const fields = { event: 'units-unwritten', file: path, error: String(error) };
    const text = 'the history of units cannot be opened: it lasts until the next start; no grant needs it';
    log.warn(fields, text);
    return fileOver(openDatabase(MEMORY), options);
  }
}

function openWhole(path: string, log: WarningLog): DatabaseSync {
  try {
    return openDatabase(path);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const fields = { event: 'units-unread', file: path, error: String(error) };
    log.warn(fields, 'the history of units cannot be read; it is put aside, and a new one begins');
    for (const tail of ['', '-wal', '-shm'])
      if (existsSync(`${path}${tail}`)) renameSync(`${path}${tail}`, `${path}.damaged${tail}`);
    return openDatabase(path);
  }
}

/** SQLite's codes for a damaged file and for one of another kind; a newer file is of another version. */
function isDamage(error: unknown): boolean {
  const code = resultCode(error);
  return error instanceof OtherVersion || code === SQLITE.CORRUPT || code === SQLITE.NOTADB;
}

class OtherVersion extends Error {}

function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    // SQLite gives its log the same mode.
    if (path !== MEMORY) chmodSync(path, 0o600);
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    // A power loss may take the last seconds. SQLite still finds a whole file after it.
    limitLog(db);
    db.exec('PRAGMA cache_size = -4096;');
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    if (version === 0) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    else if (version !== VERSION) throw new OtherVersion(`it has version ${version}`);
    db.prepare('SELECT count(*) FROM marks').get();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function fileOver(db: DatabaseSync, { maxAgeMs = MAX_AGE_MS, maxBytes = MAX_BYTES }: UnitFileOptions) {
  const write = unitWriter(db);
  const { prune, bytes } = pruner(db, { maxAgeMs, maxBytes });
  return {
    ...unitReader(db),
    /** Bytes that the rows use. */
    bytes,
    close: (): void => db.close(),
    /** Writes all of it, or throws an error of SQLite and writes none. Rows beyond the bounds leave. */
    write(records: readonly UnitRecord[], nowMs: number): void {
      db.exec('BEGIN IMMEDIATE');
      try {
        write(records);
        prune(nowMs);
        db.exec('COMMIT');
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
  };
}
