import type { DatabaseSync } from 'node:sqlite';
import { decisionValues } from '../decisions.ts';
import type { EntryRow } from '../entries.ts';
import type { Work } from '../writer.ts';

/** Columns of the views, as the tables have them. `heads.top` is not known here. */
const ENTRIES = 'n, mark, epoch, seq, hash, prev, body';
const HEADS = 'mark, name, epoch, seq, hash, top';
const DECISIONS =
  'id, durable, atMs, outcome, reason, detail, chain, key, duty, unit, parts, digest, node, incarnation, claimId, seq, via, tookMs';

/**
 * Late rows in temporary tables, and views of the names of the real ones that show both. SQLite looks up a
 * name among the temporary ones first, so queries need not know.
 */
const VIEWS = `
CREATE TEMP TABLE late_entries (${ENTRIES.replace('n,', 'n INTEGER PRIMARY KEY,')});
CREATE TEMP TABLE late_heads (${HEADS.replace('mark,', 'mark INTEGER PRIMARY KEY,')});
CREATE TEMP TABLE late_decisions (${DECISIONS.replace('id,', 'id INTEGER PRIMARY KEY,')});
CREATE TEMP VIEW entries AS
  SELECT ${ENTRIES} FROM main.entries UNION ALL SELECT ${ENTRIES} FROM temp.late_entries;
CREATE TEMP VIEW heads AS
  SELECT ${HEADS} FROM main.heads WHERE mark NOT IN (SELECT mark FROM temp.late_heads)
  UNION ALL SELECT ${HEADS} FROM temp.late_heads;
CREATE TEMP VIEW decisions AS
  SELECT ${DECISIONS} FROM main.decisions UNION ALL SELECT ${DECISIONS} FROM temp.late_decisions;
`;

/**
 * Show the rows of an entry file among those of the tables, on this connection alone. The database is not
 * written. Each entry only continues its mark, so the last one of a mark is its head.
 */
export function showLate(db: DatabaseSync, works: readonly Work[]): void {
  db.exec(VIEWS);
  showEntries(
    db,
    works.flatMap(({ rows }) => rows),
  );
  const id = numberAfter(db, 'SELECT max(id) AS last FROM main.decisions');
  const decision = db.prepare(
    `INSERT INTO temp.late_decisions (${DECISIONS}) VALUES (${DECISIONS.replace(/[a-zA-Z]+/g, '?')})`,
  );
  for (const each of works.flatMap(({ decisions }) => decisions))
    decision.run(id(), 1, ...decisionValues(each));
}

function showEntries(db: DatabaseSync, rows: readonly EntryRow[]): void {
  const head = db.prepare('SELECT mark, hash FROM heads WHERE name = ?');
  const mark = numberAfter(db, 'SELECT max(mark) AS last FROM main.heads');
  const n = numberAfter(db, 'SELECT max(n) AS last FROM main.entries');
  const entry = db.prepare(`INSERT INTO temp.late_entries (${ENTRIES}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const newHead = db.prepare(
    `INSERT OR REPLACE INTO temp.late_heads (${HEADS}) VALUES (?, ?, ?, ?, ?, NULL)`,
  );
  for (const { mark: name, epoch, seq, hash, prev, body } of rows) {
    const known = head.get(name);
    if (known?.hash === hash) continue;
    const id = known === undefined ? mark() : Number(known.mark);
    entry.run(n(), id, epoch, seq, hash, prev, body);
    newHead.run(id, name, epoch, seq, hash);
  }
}

/** Numbers after the highest one of a table. */
function numberAfter(db: DatabaseSync, sql: string): () => number {
  let last = Number(db.prepare(sql).get()?.last ?? 0);
  return () => ++last;
}
