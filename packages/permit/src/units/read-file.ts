import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Unit } from '@watchbill/duty';
import { readClaims } from './claims-text.ts';
import { rowNumbers } from './record.ts';
import type { ChainPass, UnitFacts } from './shapes.ts';

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
}

export interface CountedName {
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly unit: readonly [number, number];
}

/** Reads of the file. */
export interface UnitReads {
  /** Newest first. */
  page(query: UnitPageQuery): readonly UnitFacts[];
  /** Exactly these units, with the block that followed, also if there is no row. */
  exactly(
    query: Omit<UnitPageQuery, 'sinceMs' | 'before' | 'limit'>,
    units: readonly Unit[],
  ): readonly UnitFacts[];
  /** Units that the metrics do not count yet, older than this moment, oldest first. */
  uncounted(beforeMs: number, limit: number): readonly CountedName[];
}

export function unitReader(db: DatabaseSync): UnitReads {
  const mark = 'mark = (SELECT id FROM marks WHERE chain = ? AND key = ? AND duty = ?)';
  const columns = 'u1, u2, at, due, seen, claims';
  const page = db.prepare(
    `SELECT ${columns} FROM units WHERE ${mark} AND (u1, u2) < (?, ?) AND at >= ?
     ORDER BY u1 DESC, u2 DESC LIMIT ?`,
  );
  const one = db.prepare(`SELECT ${columns} FROM units WHERE ${mark} AND u1 = ? AND u2 = ?`);
  const passOf = passReader(db);
  const uncounted = db.prepare(
    `SELECT chain, key, duty, u1, u2 FROM units JOIN marks ON marks.id = mark
     WHERE counted = 0 AND at < ? ORDER BY at LIMIT ?`,
  );

  type Of = Pick<UnitPageQuery, 'chain' | 'duty' | 'fields'>;
  function factsOf({ chain, duty, fields }: Of, row: Record<string, SQLOutputValue>): UnitFacts {
    const [u1, u2] = [Number(row.u1), Number(row.u2)];
    return {
      duty,
      unit: fields === 1 ? `${u1}` : `${u1}/${u2}`,
      atMs: Number(row.at),
      due: row.due === 1,
      claims: readClaims(String(row.claims)),
      seen: row.seen === null ? null : String(row.seen),
      passed: passOf(chain, duty, u1),
    };
  }

  return {
    page(query) {
      const { chain, key, duty, before, sinceMs, limit } = query;
      const top = before === null ? [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] : rowNumbers(before);
      const [u1 = 0, u2 = 0] = top;
      return page.all(chain, key, duty, u1, u2, sinceMs, limit).map((row) => factsOf(query, row));
    },
    exactly(query, units) {
      const { chain, key, duty } = query;
      return units.map((unit) => {
        const [u1, u2] = rowNumbers(unit);
        const none = { u1, u2, at: Number.MAX_SAFE_INTEGER, due: 0, seen: null, claims: '[]' };
        return factsOf(query, one.get(chain, key, duty, u1, u2) ?? none);
      });
    },
    uncounted: (beforeMs, limit) =>
      uncounted.all(beforeMs, limit).map(({ chain, key, duty, u1, u2 }) => ({
        chain: String(chain),
        key: String(key),
        duty: String(duty),
        unit: [Number(u1), Number(u2)],
      })),
  };
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
