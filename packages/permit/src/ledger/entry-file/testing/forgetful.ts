import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { type EntryDisk, entryDisk } from '../disk.ts';

/** Files of a data folder by name. */
export type Files = ReadonlyMap<string, Buffer>;

/** A disk that may lose everything that was not synced: real files, and the states after a power cut. */
export interface ForgetfulDisk {
  readonly disk: EntryDisk;
  /** Every state of the folder that a power cut may leave now. */
  states(): readonly Files[];
}

const ENTRIES = 'ledger.db-entries';

/**
 * Follows each sync of SQLite in this process and each call of the entry file.
 *
 * @param step called after each of them; a power cut may come there
 */
export function forgetfulDisk(t: TestContext, dir: string, step: (what: string) => void): ForgetfulDisk {
  let tables: Files = new Map();
  let durable: Buffer | null = null;
  let pending: { readonly bytes: Buffer; readonly at: number } | null = null;
  followSyncs(t, (what, isSynced) => {
    if (isSynced) tables = tablesNow(dir);
    step(what);
  });

  const disk: EntryDisk = {
    create(path, bytes) {
      const handle = entryDisk.create(path, bytes);
      durable = Buffer.from(bytes);
      step('create');
      return handle;
    },
    write(handle, bytes, at) {
      step('before write');
      entryDisk.write(handle, bytes, at);
      pending = { bytes: Buffer.from(bytes), at };
      step('write');
    },
    async sync(handle) {
      await entryDisk.sync(handle);
      step('before sync ends');
      if (durable !== null && pending !== null) pending.bytes.copy(durable, pending.at);
      pending = null;
      step('sync');
    },
    close: entryDisk.close,
    read: entryDisk.read,
    remove(path) {
      step('before remove');
      entryDisk.remove(path);
      durable = null;
      step('remove');
    },
  };

  function states(): readonly Files[] {
    const files = entryFiles(durable, pending);
    return [tables, tablesNow(dir)].flatMap((each) =>
      files.map((file) => new Map(file === null ? each : [...each, [ENTRIES, file]])),
    );
  }
  return { disk, states };
}

/** The file as it was synced, and with a half and all of the write that is under way. */
function entryFiles(
  durable: Buffer | null,
  pending: { readonly bytes: Buffer; readonly at: number } | null,
): readonly (Buffer | null)[] {
  if (durable === null) return [null];
  if (pending === null) return [Buffer.from(durable)];
  const { bytes, at } = pending;
  const halves = [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)];
  const [front, back, all] = [Buffer.from(durable), Buffer.from(durable), Buffer.from(durable)];
  halves[0]?.copy(front, at);
  halves[1]?.copy(back, at + (bytes.length >> 1));
  bytes.copy(all, at);
  return [Buffer.from(durable), front, back, all];
}

/** The files of SQLite. */
function tablesNow(dir: string): Files {
  if (!existsSync(dir)) return new Map();
  const names = readdirSync(dir).filter((name) => name !== ENTRIES);
  return new Map(names.map((name) => [name, readFileSync(join(dir, name))]));
}

export function writeFiles(dir: string, files: Files): void {
  mkdirSync(dir, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(dir, name), bytes);
}

/**
 * Calls `seen` after each transaction and checkpoint of any database of this process, until the test ends. A
 * transaction is synced while `synchronous` is FULL, which is how the ledger opens.
 */
function followSyncs(t: TestContext, seen: (what: string, isSynced: boolean) => void): void {
  const { exec, prepare } = DatabaseSync.prototype;
  let isFull = true;
  t.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, sql: string) {
    exec.call(this, sql);
    const mode = /PRAGMA synchronous = (\w+)/.exec(sql)?.[1];
    if (mode !== undefined) isFull = mode === 'FULL';
    if (sql.includes('COMMIT')) seen('commit of the tables', true);
  });
  t.mock.method(DatabaseSync.prototype, 'prepare', function (this: DatabaseSync, sql: string) {
    const statement = prepare.call(this, sql);
    const isCheckpoint = sql.includes('wal_checkpoint');
    if (sql !== 'COMMIT' && !isCheckpoint) return statement;
    const name = isCheckpoint ? 'get' : 'run';
    const act = statement[name].bind(statement);
    Object.assign(statement, {
      [name]: () => {
        const result = act();
        seen(isCheckpoint ? 'checkpoint' : `commit ${isFull ? 'FULL' : 'NORMAL'}`, isFull || isCheckpoint);
        return result;
      },
    });
    return statement;
  });
}
