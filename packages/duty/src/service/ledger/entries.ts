import { hash as digestOf } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { encodeEntry, formatUnit, type LedgerPoint } from '../../rule/index.ts';
import { markName } from '../kept-names.ts';
import { readHeads } from './lookups.ts';
import { advance, type EntryFields, fieldsOf } from './points.ts';
import { type Fork, LedgerFault, type LedgerItem, SEQ_MAX } from './port.ts';

/** An entry ready to be written: all its checks ran before it joins others. */
export interface EntryRow extends EntryFields {
  readonly mark: string;
  readonly prev: string;
  readonly body: string;
}

/** Throws `LedgerFault` if the hash is not the entry's own. */
export function entryRow({ entry, hash }: Pick<LedgerItem, 'entry' | 'hash'>): EntryRow {
  const mark = markName(entry.chain, entry.key, entry.duty);
  const body = encodeEntry(entry);
  if (digestOf('sha256', body) !== hash || entry.seq < 0n || entry.seq > SEQ_MAX) {
    throw new LedgerFault(
      `entry ${entry.seq} of ${mark} does not have the hash or the number it claims`,
      'Report this as a defect, with the record of the mark.',
    );
  }
  return { ...fieldsOf(entry, hash), mark, prev: entry.prev, body };
}

/** An entry that a group added, and the position of its mark before and after it. */
export interface AddedEntry {
  readonly row: EntryRow;
  readonly before: LedgerPoint | null;
  readonly after: LedgerPoint;
}

/** The entries on disk and, in memory, one point per mark and nothing else. */
export function openEntries(db: DatabaseSync) {
  const statements = prepare(db);
  const ids = new Map<string, number>();
  const points = new Map<string, LedgerPoint>();
  let nextMark = 1;
  for (const { name, id, point } of readHeads(db)) {
    ids.set(name, id);
    points.set(name, point);
    nextMark = Math.max(nextMark, id + 1);
  }

  /**
   * Begin a group; to be used inside one transaction and thrown away when that fails. `writeHeads` is its
   * last step. Readers see the changes only when `settle` runs after its commit.
   */
  function group() {
    const changed = new Map<string, { readonly id: number; readonly point: LedgerPoint }>();
    const forks: Fork[] = [];
    const added: AddedEntry[] = [];
    let next = nextMark;
    function add(row: EntryRow): void {
      const known = changed.get(row.mark);
      const id = known?.id ?? ids.get(row.mark) ?? next++;
      const before = known?.point ?? points.get(row.mark) ?? null;
      const twins = statements.step.all(id, row.seq).filter((twin) => twin.epoch === row.epoch);
      if (twins.some((twin) => twin.hash === row.hash)) return;
      const first = twins[0];
      const { mark, epoch, seq, hash } = row;
      if (first !== undefined)
        forks.push({ mark, epoch, seq: seq.toString(), hashes: [String(first.hash), hash] });
      const sameEpoch = before?.epoch === row.epoch;
      const epochKnown = sameEpoch || statements.addEpoch.run(id, row.epoch).changes === 0;
      statements.insert.run(id, row.epoch, row.seq, row.hash, row.prev, row.body);
      const after = advance(before, row, epochKnown);
      if (after !== before) changed.set(row.mark, { id, point: after });
      added.push({ row, before, after });
    }
    function writeHeads(): void {
      for (const [name, { id, point }] of changed)
        statements.head.run(id, name, point.epoch, point.seq, point.hash, point.top && formatUnit(point.top));
    }
    function settle(): { readonly forks: readonly Fork[]; readonly added: readonly AddedEntry[] } {
      nextMark = next;
      for (const [name, { id, point }] of changed) {
        ids.set(name, id);
        points.set(name, point);
      }
      return { forks, added };
    }
    return { add, writeHeads, settle };
  }
  return {
    /** The heads of all marks, by name. */
    points: points as ReadonlyMap<string, LedgerPoint>,
    /** The numbers of marks in the tables. One without entries has none. */
    ids: ids as ReadonlyMap<string, number>,
    group,
  };
}

function prepare(db: DatabaseSync) {
  return {
    step: db.prepare('SELECT epoch, hash FROM entries WHERE mark = ? AND seq = ? ORDER BY n'),
    insert: db.prepare('INSERT INTO entries (mark, epoch, seq, hash, prev, body) VALUES (?, ?, ?, ?, ?, ?)'),
    addEpoch: db.prepare('INSERT INTO epochs (mark, epoch) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    head: db.prepare(
      `INSERT INTO heads (mark, name, epoch, seq, hash, top) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (mark) DO UPDATE SET
       epoch = excluded.epoch, seq = excluded.seq, hash = excluded.hash, top = excluded.top`,
    ),
  };
}
