// A process of its own: bare transactions of SQLite with the settings of the store, each with a sync of its
// own.

import { DatabaseSync } from 'node:sqlite';
import { serveJobs } from './jobs.ts';

export interface SqliteLoadSetUp {
  readonly path: string;
  readonly keyBytes: number;
  readonly valueBytes: number;
}

serveJobs<SqliteLoadSetUp>(async ({ path, keyBytes, valueBytes }) => {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec('CREATE TABLE records (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)');
  const put = db.prepare('INSERT INTO records (key, value) VALUES (?, ?)');
  const value = Buffer.alloc(valueBytes, 'v');
  let count = 0;
  // Outside an explicit transaction each statement is one of its own, durable when it returns.
  return async () => {
    count += 1;
    put.run(String(count).padEnd(keyBytes, '/'), value);
  };
});
