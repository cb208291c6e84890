import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@watchbill/kit';
import type { StoreFault } from '../port.ts';
import { createConnection } from './connection.ts';
import type { Database, Layout } from './database.ts';
import { sqliteFault } from './sqlite-faults.ts';
import { type Changes, type CommitHook, createWriter } from './writer.ts';

export interface SqliteFileOptions {
  /** The database file; created if it is absent. Two files beside it (`-wal`, `-journal`) belong to it. */
  readonly path: string;
  /** Names the store in faults. */
  readonly kind: string;
  readonly layout: Layout;
  /** Deadlines use its monotonic time. */
  readonly clock: Clock;
  /** For tests: see {@link CommitHook}. */
  readonly aroundCommit?: CommitHook | undefined;
}

/** Something that keeps tables in a file: the records of a store, or a ledger. */
export interface FilePart<Tables, Change extends Changes> {
  /** Called after every opening of the file. */
  readonly open: (db: DatabaseSync) => Tables;
  /** A group of writes begins. */
  readonly begin: (tables: Tables) => Change;
}

/** The view that a part has of its file. */
export interface Joined<Tables, Change> {
  /** The tables of the open file. Throws a StoreFault if it is uncertain and cannot be opened again now. */
  use(): Tables;
  /** The tables of the last opening: only for their part that is in memory. */
  last(): Tables;
  /** The changes of the group under way: only for work that the file runs. */
  changes(): Change;
}

/**
 * One SQLite file of this process alone, with one connection, and one commit and one sync for all work that
 * arrives together, of whatever part of it.
 */
export type SqliteFile = ReturnType<typeof openSqliteFile>;

/** Open the file now. Throws a StoreFault, or what the layout throws for a foreign file. */
export function openSqliteFile(options: SqliteFileOptions) {
  // An absolute path is never one of SQLite's special names, such as `:memory:`.
  const path = resolve(options.path);
  const { kind, layout, clock } = options;
  const { opened, begin, joining } = createParts();
  const connection = createConnection({ path, kind, layout, opened });
  const writer = createWriter({
    path,
    kind,
    connection,
    clock,
    aroundCommit: options.aroundCommit ?? ((commit) => commit()),
    begin,
  });
  return {
    path,
    /** Throws a StoreFault if the tables of the part cannot be read. */
    join: <Tables, Change extends Changes>(part: FilePart<Tables, Change>): Joined<Tables, Change> => {
      try {
        return joining(part, () => connection.use().db);
      } catch (error) {
        throw sqliteFault(error, path, 'opening');
      }
    },
    submit: writer.submit,
    flush: writer.flush,
    /** Opens the file if it was dropped. Throws a StoreFault if it cannot be opened. */
    check: (): void => void connection.use(),
    /**
     * Rejects with a StoreFault while the file takes no writes. After a failed write it takes them when one
     * succeeds: no other process writes, so this one tries.
     */
    probe: async (): Promise<void> => {
      connection.use();
      const touch = { size: 1, run: () => connection.use().touch(), uncertain: raise };
      if (writer.lastFault() !== null) await writer.submit(touch, undefined);
    },
    /** Work that still waits ends with `closed`, and none of it was applied. */
    close: (): void => {
      writer.close();
      connection.close();
    },
  };
}

/** The parts of a file, with the tables and the changes of each. */
function createParts() {
  const reopen: ((db: DatabaseSync) => void)[] = [];
  const begin: (() => Changes)[] = [];

  function joining<Tables, Change extends Changes>(
    part: FilePart<Tables, Change>,
    use: () => DatabaseSync,
  ): Joined<Tables, Change> {
    let tables = part.open(use());
    let changes: Change | null = null;
    reopen.push((db) => {
      tables = part.open(db);
    });
    begin.push(() => {
      changes = part.begin(tables);
      return changes;
    });
    return {
      use: () => {
        use();
        return tables;
      },
      last: () => tables,
      changes: () => {
        if (changes === null) throw new Error('no group of writes has begun');
        return changes;
      },
    };
  }
  return {
    joining,
    opened: ({ db }: Database) => {
      for (const open of reopen) open(db);
    },
    begin: () => begin.map((one) => one()),
  };
}

/** The answer of work whose caller needs a certain one. */
export function raise(fault: StoreFault): never {
  throw fault;
}
