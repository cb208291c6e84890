import { dirname } from 'node:path';
import { syncFolderSync } from '@watchbill/kit/files';
import { closedFault } from '../shared/checks.ts';
import { type Database, type Layout, openDatabase } from './database.ts';
import { sqliteFault } from './sqlite-faults.ts';

/** The one connection of a store. It is opened again after its state became uncertain. */
export type Connection = ReturnType<typeof createConnection>;

export interface ConnectionParts {
  readonly path: string;
  /** Names the store in faults. */
  readonly kind: string;
  readonly layout: Layout;
  /** Gets the database after every opening, also a later one. */
  readonly opened: (db: Database) => void;
}

/** Open the file now; throws a StoreFault. */
export function createConnection(parts: ConnectionParts) {
  let db: Database | null = open(parts);
  let closed = false;

  function use(): Database {
    if (closed) throw closedFault(parts.kind);
    db ??= open(parts);
    return db;
  }

  function drop(): void {
    const dropped = db;
    db = null;
    try {
      dropped?.close();
    } catch {
      // Its content is uncertain anyway; opening the file again decides.
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
    /** The open database. Throws a StoreFault if its state is uncertain and it cannot be opened again now. */
    use,
    /** Undo an open transaction. */
    abandon,
    /** Discard the connection's view of the file; the next {@link use} reads the file again. */
    drop,
    close: (): void => {
      closed = true;
      drop();
    },
  };
}

/**
 * Opening recovers the log, and the recovered state counts from now on. It may hold a commit that was never
 * synced: of a process that was killed before the sync, or whose sync failed. (After a failed sync, a later
 * sync of the same pages may succeed although they are lost.) A power cut could still remove such a commit
 * after a caller has seen it. So everything is copied into the database file and synced again before any
 * caller sees it.
 */
function open({ path, layout, opened }: ConnectionParts): Database {
  let db: Database | null = null;
  try {
    db = openDatabase(path, layout);
    db.checkpoint();
    syncFolderSync(dirname(path));
    opened(db);
    return db;
  } catch (error) {
    db?.close();
    throw sqliteFault(error, path, 'opening');
  }
}
