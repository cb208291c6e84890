import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { encodeEntry, entryHash, type LedgerEntry } from '@watchbill/duty';

/** The tables as the release before this one made them. Not to be changed: such files exist. */
const SCHEMA_1 = `
CREATE TABLE identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE heads (
  mark INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  epoch TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL
);
CREATE TABLE entries (
  n INTEGER PRIMARY KEY, mark INTEGER NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
  hash TEXT NOT NULL, prev TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX entries_step ON entries (mark, seq);
CREATE TABLE epochs (mark INTEGER NOT NULL, epoch TEXT NOT NULL, PRIMARY KEY (mark, epoch)) WITHOUT ROWID;
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY, durable INTEGER NOT NULL, atMs INTEGER, outcome TEXT, reason TEXT, detail TEXT,
  chain TEXT, key TEXT, duty TEXT, unit TEXT, parts TEXT, digest TEXT, node TEXT, incarnation TEXT,
  claimId TEXT, seq TEXT, via TEXT, tookMs REAL
);
CREATE INDEX decisions_unit ON decisions (unit);
CREATE INDEX decisions_key ON decisions (substr(key, -8));
CREATE INDEX decisions_node ON decisions (node);
CREATE INDEX decisions_refused ON decisions (outcome) WHERE outcome <> 'granted';
CREATE INDEX decisions_notes ON decisions (durable) WHERE durable = 0;
PRAGMA application_id = ${0x57424c47};
PRAGMA user_version = 1;
`;

/** One mark of a version-1 file; `head` is the index of the entry that was its head. */
export interface OldMark {
  readonly entries: readonly LedgerEntry[];
  readonly head: number;
}

/** Make a data directory as a service of the release before this one left it. */
export function makeVersion1(dir: string, marks: readonly OldMark[]): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  db.exec('PRAGMA journal_mode = WAL;');
  db.exec(`BEGIN IMMEDIATE; ${SCHEMA_1} COMMIT;`);
  db.exec("INSERT INTO identity VALUES ('service', 'c0ffee'), ('ledger', 'ledger')");
  const head = db.prepare('INSERT INTO heads (mark, name, epoch, seq, hash) VALUES (?, ?, ?, ?, ?)');
  const entry = db.prepare(
    'INSERT INTO entries (mark, epoch, seq, hash, prev, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const epoch = db.prepare('INSERT INTO epochs (mark, epoch) VALUES (?, ?) ON CONFLICT DO NOTHING');
  db.exec('BEGIN');
  for (const [index, mark] of marks.entries()) {
    for (const each of mark.entries) {
      entry.run(index + 1, each.epoch, each.seq, entryHash(each), each.prev, encodeEntry(each));
      epoch.run(index + 1, each.epoch);
    }
    const last = mark.entries[mark.head];
    if (last === undefined) throw new RangeError('the head must be one of the entries');
    head.run(index + 1, `${last.chain}/${last.key}/${last.duty}`, last.epoch, last.seq, entryHash(last));
  }
  db.exec('COMMIT');
  db.close();
}
