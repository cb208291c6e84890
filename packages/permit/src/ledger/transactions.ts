import type { DatabaseSync } from 'node:sqlite';

/** All of `act` or none of it, durable when it returns. */
export function transactions(db: DatabaseSync): (act: () => void) => void {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  return (act) => {
    begin.run();
    try {
      act();
      commit.run();
    } finally {
      // The engine ends a transaction by itself on some errors (a full disk), and leaves it open on others.
      if (db.isTransaction) rollback.run();
    }
  };
}

/**
 * All of `act` or none of it, but a power cut may undo it together with every later one of its kind. The next
 * transaction of {@link transactions} makes it durable. For rows that another file holds as well.
 */
export function unsyncedTransactions(db: DatabaseSync): (act: () => void) => void {
  const transaction = transactions(db);
  return (act) => {
    db.exec('PRAGMA synchronous = NORMAL');
    try {
      transaction(act);
    } finally {
      db.exec('PRAGMA synchronous = FULL');
    }
  };
}
