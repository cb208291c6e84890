import type { DatabaseSync } from 'node:sqlite';
import { claimsText, readClaims, withClaim } from './claims-text.ts';
import { rowNumbers, type UnitName, type UnitRecord } from './record.ts';

/** Writes one record into the tables, inside the transaction of the caller. */
export function unitWriter(db: DatabaseSync): (record: UnitRecord) => void {
  const markOf = named(db, 'marks', ['chain', 'key', 'duty']);
  const chainOf = named(db, 'chains', ['chain', 'duty']);
  const authorOf = named(db, 'authors', ['key']);
  const insert = db.prepare(
    'INSERT INTO units (mark, u1, u2, at, due, counted, claims) VALUES (?, ?, ?, ?, 0, 0, ?) ON CONFLICT DO NOTHING',
  );
  const row = 'WHERE mark = ? AND u1 = ? AND u2 = ?';
  const claims = db.prepare(`SELECT claims FROM units ${row}`);
  const setClaims = db.prepare(`UPDATE units SET claims = ? ${row}`);
  const setDue = db.prepare(`UPDATE units SET due = 1 ${row}`);
  const setSeen = db.prepare(`UPDATE units SET seen = ? ${row}`);
  const setCounted = db.prepare(`UPDATE units SET counted = 1 ${row}`);
  const pass = db.prepare(
    'INSERT INTO blocks (chain, slot, after, author, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const idOf = ({ chain, key, duty, unit }: UnitName) =>
    [markOf(chain, key, duty), ...rowNumbers(unit)] as const;

  return (record) => {
    if (record.kind === 'pass') {
      const { chain, duty, slot, after, author, atMs } = record;
      pass.run(chainOf(chain, duty), Number(slot), Number(after), authorOf(author), atMs);
      return;
    }
    const id = idOf(record);
    if (record.kind === 'counted') {
      setCounted.run(...id);
      return;
    }
    const first = record.kind === 'claim' ? withClaim([], record.claim) : [];
    const isNew = Number(insert.run(...id, record.atMs, claimsText(first)).changes) > 0;
    if (record.kind === 'due') setDue.run(...id);
    else if (record.kind === 'seen') setSeen.run(record.digest, ...id);
    else if (!isNew) {
      const known = readClaims(String(claims.get(...id)?.claims));
      const next = withClaim(known, record.claim);
      if (next !== known) setClaims.run(claimsText(next), ...id);
    }
  };
}

/** The id of a name in a table of names, made at its first use. */
function named(db: DatabaseSync, table: string, columns: readonly string[]): (...names: string[]) => number {
  const where = columns.map((column) => `${column} = ?`).join(' AND ');
  const find = db.prepare(`SELECT id FROM ${table} WHERE ${where}`);
  const make = db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  return (...names) => Number(find.get(...names)?.id ?? make.run(...names).lastInsertRowid);
}
