import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { Engine } from './engine.ts';
import { migrate } from './migrate.ts';
import { StorageFault } from './port.ts';
import { nodeSqliteDialect } from './sqlite-dialect.ts';
import type { Tables } from './tables.ts';

/** Application id of the file: "WbNo". */
const APPLICATION_ID = 0x57624e6f;
/** How long a writer waits for another process: a cancelling command takes far less. */
const BUSY_MS = 5_000;

/** Opens or creates the file with access for this user only, and migrates its tables to this release. */
export async function openSqlite(file: string, nowMs: () => number): Promise<Engine> {
  if (file !== ':memory:') make(file);
  const raw = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    mark(raw);
    raw.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(raw) });
    await migrate(db, 'sqlite');
    return { kind: 'sqlite', db, nowMs };
  } catch (error) {
    raw.close();
    throw error;
  }
}

/** Creates the file with access for this user only. Another process may create it at the same time. */
function make(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!existsSync(file)) throw error;
  }
}

/**
 * Refuses a file of another program, and marks a new one. It looks for tables first: a process that creates
 * ours at the same time has marked the file before.
 */
export function mark(raw: Pick<DatabaseSync, 'prepare' | 'exec'>): void {
  const tables = Number(raw.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count);
  const owner = Number(raw.prepare('PRAGMA application_id').get()?.application_id);
  if (owner === APPLICATION_ID) return;
  if (owner !== 0 || tables > 0)
    throw new StorageFault('schema', 'the file is of another program', 'name another file, or the right one');
  raw.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}
