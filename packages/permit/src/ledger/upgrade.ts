import type { DatabaseSync } from 'node:sqlite';
import { formatUnit, type Unit } from '@watchbill/duty';
import { highestUnit, unitOf } from './points.ts';
import { MOVE_INDEXES, SCHEMA_VERSION, WORDS } from './schema.ts';

/**
 * Every entry in the epoch of its head, in the order of the file: one pass from front to back, however many
 * marks.
 */
const UNITS = `SELECT entries.mark AS id, json_extract(entries.body, '$.unit') AS unit
  FROM entries CROSS JOIN heads ON heads.mark = entries.mark AND heads.epoch = entries.epoch
  WHERE unit IS NOT NULL`;

/**
 * Make a file of version 1 one of this version, in one transaction: all of it or, after a crash or an error,
 * none. It reads every entry once, to find the highest unit of each mark.
 */
export function upgradeFromVersion1(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec(`${WORDS} ${MOVE_INDEXES} ALTER TABLE heads ADD COLUMN top TEXT;`);
    const write = db.prepare('UPDATE heads SET top = ? WHERE mark = ?');
    for (const [id, top] of topsOf(db)) write.run(formatUnit(top), id);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK');
  }
}

/**
 * Give a file of this version the search table, if an earlier release wrote it. The version stays: an earlier
 * release reads the file too, and looks through all decisions for those that it wants.
 */
export function addSearchTable(db: DatabaseSync): void {
  const tables = db.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE name = 'decisions_search'");
  if (Number(tables.get()?.count) > 0) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec(`${MOVE_INDEXES} COMMIT`);
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK');
  }
}

function topsOf(db: DatabaseSync): ReadonlyMap<number, Unit> {
  const tops = new Map<number, Unit>();
  for (const row of db.prepare(UNITS).iterate()) {
    const id = Number(row.id);
    const top = highestUnit(tops.get(id) ?? null, unitOf(String(row.unit)));
    if (top !== null) tops.set(id, top);
  }
  return tops;
}
