import { closedFault } from '../memory/checks.ts';
import { type Database, openDatabase } from './database.ts';
import { sqliteFault } from './sqlite-faults.ts';

/** The one connection of a store, opened again after its state became uncertain. */
export interface Connection {
  /** The database as it is for certain. Throws a StoreFault where that cannot be had now. */
  use(): Database;
  /** Undo an open transaction. */
  abandon(): void;
  /** Forget what this connection believes; the next {@link use} finds out what the file holds. */
  drop(): void;
  close(): void;
}

/** Open `path` now; throws a StoreFault. `opened` is told of the database whenever it was opened, also later on. */
export function createConnection(path: string, kind: string, opened: (db: Database) => void): Connection {
  let db: Database | null = open(path, opened);
  let closed = false;

  function use(): Database {
    if (closed) throw closedFault(kind);
    db ??= open(path, opened);
    return db;
  }

  function drop(): void {
    const dropped = db;
    db = null;
    try {
      dropped?.close();
    } catch {
      // What it held is in doubt anyway; opening again is what decides.
    }
  }

  function abandon(): void {
    try {
      db?.rollback();
    } catch {
      drop();
    }
  }

  return {
    use,
    abandon,
    drop,
    close: () => {
      closed = true;
      drop();
    },
  };
}

/**
 * Opening recovers the log, and what it finds is the truth from now on. It may find a commit that was never synced: of
 * a process that was killed before the sync, or whose sync failed, after which a later sync of the same pages may
 * succeed and yet have lost them. A power cut could still take such a commit back after somebody was told of it. So
 * everything is copied into the database file and synced anew before anybody is.
 */
function open(path: string, opened: (db: Database) => void): Database {
  let db: Database | null = null;
  try {
    db = openDatabase(path);
    db.checkpoint();
    opened(db);
    return db;
  } catch (error) {
    db?.close();
    throw sqliteFault(error, path, 'opening');
  }
}
