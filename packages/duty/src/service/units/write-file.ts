import type { DatabaseSync } from 'node:sqlite';
import { claimsText, readClaims, withClaim } from './claims-text.ts';
import { TALLY_MS } from './read-file.ts';
import { rowOfUnit, type UnitRecord } from './record.ts';

type IdOf = (...names: string[]) => number;

/** Writes records into the tables, inside the transaction of the caller. */
export function unitWriter(db: DatabaseSync): (records: readonly UnitRecord[]) => void {
  const markOf = named(db, 'marks', ['chain', 'key', 'duty']);
  const write = recordWriter(db);
  return (records) => {
    // For this transaction alone: a rollback takes the number of a new mark back.
    const lastMarkOf = keepingLast(markOf);
    for (const record of records) write(record, lastMarkOf);
  };
}

function recordWriter(db: DatabaseSync): (record: UnitRecord, markOf: IdOf) => void {
  const chainOf = named(db, 'chains', ['chain', 'duty']);
  const authorOf = named(db, 'authors', ['key']);
  const insert = db.prepare(
    'INSERT INTO units (mark, u1, u2, u3, at, due, counted, claims) VALUES (?, ?, ?, ?, ?, 0, 0, ?) ON CONFLICT DO NOTHING',
  );
  const row = 'WHERE mark = ? AND u1 = ? AND u2 = ? AND u3 = ?';
  const claims = db.prepare(`SELECT claims FROM units ${row}`);
  const setClaims = db.prepare(`UPDATE units SET claims = ? ${row}`);
  const setDue = db.prepare(`UPDATE units SET due = 1 ${row}`);
  const setSeen = db.prepare(`UPDATE units SET seen = ? ${row}`);
  const setCounted = db.prepare(`UPDATE units SET counted = 1 ${row} AND counted = 0`);
  const addTally = db.prepare(
    'INSERT INTO tally (mark, at, node, outcome, units) VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET units = units + 1',
  );
  const pass = db.prepare(
    'INSERT INTO blocks (chain, slot, after, author, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );

  return (record, markOf) => {
    if (record.kind === 'pass') {
      const { chain, duty, slot, after, author, atMs } = record;
      pass.run(chainOf(chain, duty), Number(slot), Number(after), authorOf(author), atMs);
      return;
    }
    const id = [markOf(record.chain, record.key, record.duty), ...rowOfUnit(record.unit)] as const;
    if (record.kind === 'counted') {
      const { tally } = record;
      if (setCounted.run(...id).changes === 0 || tally === undefined) return;
      addTally.run(id[0], tally.startMs - (tally.startMs % TALLY_MS), tally.node ?? '', tally.outcome);
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
function named(db: DatabaseSync, table: string, columns: readonly string[]): IdOf {
  const where = columns.map((column) => `${column} = ?`).join(' AND ');
  const find = db.prepare(`SELECT id FROM ${table} WHERE ${where}`);
  const make = db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  return (...names) => Number(find.get(...names)?.id ?? make.run(...names).lastInsertRowid);
}

/** Asks for the same names once in a row: the records of a key come one after another. */
function keepingLast(idOf: IdOf): IdOf {
  let last: { readonly names: readonly string[]; readonly id: number } | null = null;
  return (...names) => {
    if (last === null || last.names.some((name, at) => name !== names[at]))
      last = { names, id: idOf(...names) };
    return last.id;
  };
}
