import type { DatabaseSync } from 'node:sqlite';
import { unitOfText } from '../../rule/index.ts';
import { DamagedEntry } from './faults.ts';
import { type EntryFields, fieldsOfBody, pointOfFields } from './points.ts';
import { MEMORY_ENTRIES } from './port.ts';
import { AT_OPEN, BODY } from './schema.ts';

/** Every mark with its point: of each, one row and one entry are read. Throws {@link DamagedEntry}. */
export function readHeads(db: DatabaseSync) {
  return db
    .prepare(AT_OPEN.heads)
    .all()
    .map(({ id, name, hash, top, body }) => {
      if (body === null) throw new DamagedEntry(`the last entry of ${String(name)} is missing or too long`);
      const fields = fieldsOfBody(String(body), String(hash));
      const point = pointOfFields(fields, unitOfText(top === null ? null : String(top)));
      return { id: Number(id), name: String(name), point };
    });
}

/**
 * Rows that one look back may read: entries of older epochs may lie between those of the present one, and a
 * mark whose epoch is young has almost nothing else.
 */
export const SCAN_ROWS = 2 * MEMORY_ENTRIES;

/** Newest first; the inner limit bounds the rows that are read, whatever epochs they are of. */
export const NEWEST = `SELECT hash, ${BODY} FROM (
    SELECT epoch, hash, body FROM entries WHERE mark = :id AND seq <= :upTo
    ORDER BY seq DESC, n DESC LIMIT ${SCAN_ROWS}
  ) WHERE epoch = :epoch LIMIT ${MEMORY_ENTRIES}`;

const HOLDS = `SELECT EXISTS (SELECT 1 FROM entries WHERE mark = :id AND seq = :seq AND epoch = :epoch AND hash = :hash)
  OR EXISTS (SELECT 1 FROM heads JOIN epochs USING (mark) WHERE mark = :id AND trimmed >= :seq AND epochs.epoch = :epoch) AS found`;

/**
 * Reads entries by mark and seq, through the index `entries_step`. Its methods throw {@link DamagedEntry}.
 */
export function entryReader(db: DatabaseSync) {
  const newestRows = db.prepare(NEWEST);
  const holds = db.prepare(HOLDS);

  /** The newest entries of an epoch up to a seq, lowest seq first; at most {@link MEMORY_ENTRIES}. */
  function newest(id: number, epoch: string, upTo: bigint): readonly EntryFields[] {
    return newestRows
      .all({ id, epoch, upTo })
      .map(({ hash, body }) => fieldsOfBody(String(body), String(hash)))
      .reverse();
  }
  return {
    newest,
    /** Whether the entry is here, or its number left by a trim. */
    holds: (id: number, epoch: string, seq: bigint, hash: string): boolean =>
      holds.get({ id, epoch, seq, hash })?.found === 1,
  };
}
