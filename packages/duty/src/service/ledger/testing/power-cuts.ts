import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { TestContext } from 'node:test';

/** Files of a data folder by name. */
export type Files = ReadonlyMap<string, Buffer>;

/** @param states each state of the folder that a power cut may leave at this step */
export type Step = (what: string, states: readonly Files[]) => void;

const DATABASE = 'ledger.db';
const LOG = 'ledger.db-wal';

/** Values of `PRAGMA synchronous`. */
const SYNC_AT_CHECKPOINTS = 1;
const SYNC_AT_COMMITS = 2;

/**
 * Follows every commit of every database of this process until the test ends, as if the disk kept only what
 * SQLite syncs: the write-ahead log at a commit, if `synchronous` of the connection is FULL, and the database
 * file before a closed one loses its log (sqlite.org/pragma.html#pragma_synchronous). Commits may not fill
 * the log so far that the engine copies it into the database file.
 *
 * @param dir the folder of the ledger; its files are real
 * @param step called for a cut within each commit and for one after it
 */
export function followPowerCuts(t: TestContext, dir: string, step: Step): void {
  const { exec, prepare, close } = DatabaseSync.prototype;
  let synced: Files = new Map();

  function ended(what: string, written: string, isSynced: boolean): void {
    const now = filesOf(dir);
    step(`within ${what}`, [synced, ...tornStates(synced, now, written)]);
    step(what, isSynced ? [now] : [synced, now]);
    if (isSynced) synced = now;
  }
  const levelOf = (db: DatabaseSync) => Number(prepare.call(db, 'PRAGMA synchronous').get()?.synchronous);
  function ran(db: DatabaseSync, sql: string): void {
    if (!db.isTransaction) ended(sql, LOG, levelOf(db) >= SYNC_AT_COMMITS);
  }

  t.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, sql: string) {
    exec.call(this, sql);
    ran(this, sql);
  });
  t.mock.method(DatabaseSync.prototype, 'prepare', function (this: DatabaseSync, sql: string) {
    const statement = prepare.call(this, sql);
    const run = statement.run.bind(statement);
    return Object.assign(statement, {
      run: (...values: SQLInputValue[]) => {
        const result = run(...values);
        ran(this, sql);
        return result;
      },
    });
  });
  t.mock.method(DatabaseSync.prototype, 'close', function (this: DatabaseSync) {
    const level = levelOf(this);
    close.call(this);
    ended('close', DATABASE, level >= SYNC_AT_CHECKPOINTS);
  });
}

function filesOf(dir: string): Files {
  if (!existsSync(dir)) return new Map();
  return new Map(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name))]));
}

/** The states within a write: the front or the back of the changed bytes is on the disk. */
function tornStates(before: Files, after: Files, written: string): readonly Files[] {
  const [old, now] = [before.get(written), after.get(written)];
  if (now === undefined) return [];
  return tornBytes(old ?? Buffer.alloc(0), now).map((bytes) => new Map([...before, [written, bytes]]));
}

function tornBytes(before: Buffer, after: Buffer): readonly Buffer[] {
  const length = Math.max(before.length, after.length);
  const old = Buffer.concat([before], length);
  const now = Buffer.concat([after], length);
  const first = now.findIndex((byte, at) => byte !== old[at]);
  if (first < 0) return [];
  const middle = (first + now.findLastIndex((byte, at) => byte !== old[at])) >> 1;
  const joined = (front: Buffer, back: Buffer) =>
    Buffer.concat([front.subarray(0, middle), back.subarray(middle)]);
  return [joined(now, old), joined(old, now)];
}

export function writeFiles(dir: string, files: Files): void {
  mkdirSync(dir, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(dir, name), bytes);
}
