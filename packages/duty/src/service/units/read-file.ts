import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Unit } from '../../rule/index.ts';
import type { ChainPass, TallyRow, UnitFacts, UnitOutcome } from '../shapes/units.ts';
import { readClaims } from './claims-text.ts';
import { type RowUnit, rowOfUnit, unitOfRow } from './record.ts';

export interface UnitPageQuery {
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  /** How many fields a unit of the duty has. */
  readonly fields: number;
  readonly sinceMs: number;
  /** Units below this one; null from the newest. */
  readonly before: Unit | null;
  readonly limit: number;
  /** Rows that the page may look at, so that a late `sinceMs` cannot hold up grants. */
  readonly scan: number;
}

export interface CountedName {
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly row: RowUnit;
}

/** A tally has one row for each quarter of an hour. */
export const TALLY_MS = 900_000;

export interface TallyQuery {
  readonly chain: string;
  readonly key: string;
  readonly sinceMs: number;
  /** The time of one row: {@link TALLY_MS}, or a multiple of it. */
  readonly stepMs: number;
}

/** Above every unit that fits a row. */
const TOP: RowUnit = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, '~'];

function idOf({ u1, u2, u3 }: Record<string, SQLOutputValue>): RowUnit {
  return [Number(u1), Number(u2), String(u3)];
}

export function unitReader(db: DatabaseSync) {
  const mark = 'mark = (SELECT id FROM marks WHERE chain = ? AND key = ? AND duty = ?)';
  const columns = 'u1, u2, u3, at, due, seen, claims';
  const below = `units WHERE ${mark} AND (u1, u2, u3) < (?, ?, ?) ORDER BY u1 DESC, u2 DESC, u3 DESC LIMIT`;
  const page = db.prepare(`SELECT * FROM (SELECT ${columns} FROM ${below} ?) WHERE at >= ? LIMIT ?`);
  const lastOf = db.prepare(`SELECT u1, u2, u3 FROM ${below} 1 OFFSET ?`);
  const one = db.prepare(`SELECT ${columns} FROM units WHERE ${mark} AND u1 = ? AND u2 = ? AND u3 = ?`);
  const passOf = passReader(db);
  const uncounted = db.prepare(
    `SELECT chain, key, duty, u1, u2, u3 FROM units JOIN marks ON marks.id = mark
     WHERE counted = 0 AND at < ? ORDER BY at LIMIT ?`,
  );

  type Of = Pick<UnitPageQuery, 'chain' | 'duty' | 'fields'>;
  function factsOf({ chain, duty, fields }: Of, row: Record<string, SQLOutputValue>): UnitFacts {
    const id = idOf(row);
    return {
      duty,
      unit: unitOfRow(id, fields).join('/'),
      atMs: Number(row.at),
      due: row.due === 1,
      claims: readClaims(String(row.claims)),
      seen: row.seen === null ? null : String(row.seen),
      passed: passOf(chain, duty, id[0]),
    };
  }

  return {
    /** Newest first. `ended`: the last unit that a short page looked at, if there are older ones. */
    page(query: UnitPageQuery) {
      const { chain, key, duty, fields, before, sinceMs, limit, scan } = query;
      const from = [chain, key, duty, ...(before === null ? TOP : rowOfUnit(before))];
      const facts = page.all(...from, scan, sinceMs, limit).map((row) => factsOf(query, row));
      const last = facts.length < limit ? lastOf.get(...from, scan - 1) : undefined;
      return { facts, ended: last === undefined ? null : unitOfRow(idOf(last), fields) };
    },
    /** Exactly these units, with the block that followed, also if there is no row. */
    exactly(
      query: Pick<UnitPageQuery, 'chain' | 'key' | 'duty' | 'fields'>,
      units: readonly Unit[],
    ): readonly UnitFacts[] {
      const { chain, key, duty } = query;
      return units.map((unit) => {
        const id = rowOfUnit(unit);
        const [u1, u2, u3] = id;
        const none = { u1, u2, u3, at: Number.MAX_SAFE_INTEGER, due: 0, seen: null, claims: '[]' };
        return factsOf(query, one.get(chain, key, duty, ...id) ?? none);
      });
    },
    /** Units that the metrics do not count yet, older than this moment, oldest first. */
    uncounted: (beforeMs: number, limit: number): readonly CountedName[] =>
      uncounted.all(beforeMs, limit).map(({ chain, key, duty, ...row }) => ({
        chain: String(chain),
        key: String(key),
        duty: String(duty),
        row: idOf(row),
      })),
    /** How many units of a key are over, by time, duty, granted node and outcome. */
    tally: tallyReader(db),
  };
}

function tallyReader(db: DatabaseSync): (query: TallyQuery) => readonly TallyRow[] {
  const tally = db.prepare(
    `SELECT duty, at - at % ? AS start, node, outcome, SUM(units) AS units FROM tally JOIN marks ON marks.id = mark
     WHERE chain = ? AND key = ? AND at >= ? GROUP BY duty, start, node, outcome`,
  );
  return ({ chain, key, sinceMs, stepMs }) =>
    tally.all(stepMs, chain, key, sinceMs).map(({ duty, start, node, outcome, units }) => ({
      duty: String(duty),
      atMs: Number(start),
      node: node === '' ? null : String(node),
      outcome: String(outcome) as UnitOutcome,
      units: Number(units),
    }));
}

/** The next block at or after a slot shows whether the chain has passed the slot. */
function passReader(db: DatabaseSync): (chain: string, duty: string, slot: number) => ChainPass | null {
  const block = db.prepare(
    `SELECT slot, after, (SELECT key FROM authors WHERE id = author) AS author FROM blocks
     WHERE chain = (SELECT id FROM chains WHERE chain = ? AND duty = ?) AND slot >= ? ORDER BY slot LIMIT 1`,
  );
  return (chain, duty, slot) => {
    const found = block.get(chain, duty, slot);
    if (found === undefined || Number(found.after) >= slot) return null;
    return { author: Number(found.slot) === slot ? String(found.author) : null };
  };
}
