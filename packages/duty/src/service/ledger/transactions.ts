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
