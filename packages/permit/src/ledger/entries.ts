import { hash as digestOf } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { encodeEntry, formatUnit, type LedgerPoint, type Unit } from '@watchbill/duty';
import type { Head } from '../contract.ts';
import { markName } from '../kept-names.ts';
import { headOf } from './heads.ts';
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
export function entryRow({ entry, hash }: LedgerItem): EntryRow {
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

interface MarkState {
  readonly id: number;
  readonly point: LedgerPoint;
}

/** An entry that a group added, and the position of its mark before and after it. */
export interface AddedEntry {
  readonly row: EntryRow;
  readonly before: LedgerPoint | null;
  readonly after: LedgerPoint;
}

/** An entry that counts already and is not in the tables yet. */
export interface LateEntry extends AddedEntry {
  /** The number of its mark in the tables. */
  readonly id: number;
}

/** The changes of one group; readers see them only when `settle` runs after its commit. */
export interface EntryGroup {
  add(row: EntryRow): void;
  /** Last step inside the transaction. */
  writeHeads(): void;
  settle(): { readonly forks: readonly Fork[]; readonly added: readonly AddedEntry[] };
}

export interface EntryTable {
  heads(): ReadonlyMap<string, Head>;
  point(mark: string): LedgerPoint | null;
  /** The number of a mark in the tables, or null if it has no entry. */
  idOf(mark: string): number | null;
  /** Begin a group; to be used inside one transaction and thrown away when that fails. */
  group(): EntryGroup;
  /**
   * The rows as late entries, if each only continues its mark: the first of a mark, one with a higher number
   * in the epoch of the head, or the head itself, which adds no entry. Null if one needs a look into the
   * tables. Readers see no change before {@link count}.
   */
  continuing(rows: readonly EntryRow[]): readonly LateEntry[] | null;
  /** From now on readers see these entries. */
  count(late: readonly LateEntry[]): void;
  /** Put entries that count already into the tables, in their order; inside one transaction. */
  write(late: readonly LateEntry[]): void;
}

/** The entries on disk and, in memory, one point per mark and nothing else. */
export function openEntries(db: DatabaseSync): EntryTable {
  const statements = prepare(db);
  const marks = new Map<string, MarkState>();
  const heads = new Map<string, Head>();
  let nextMark = 1;
  for (const { name, id, point } of readHeads(db)) keep(name, { id, point });

  function group(): EntryGroup {
    const changed = new Map<string, MarkState>();
    const forks: Fork[] = [];
    const added: AddedEntry[] = [];
    let next = nextMark;
    function add(row: EntryRow): void {
      const known = changed.get(row.mark) ?? marks.get(row.mark) ?? null;
      const id = known?.id ?? next++;
      const before = known?.point ?? null;
      const twins = statements.step.all(id, row.seq).filter((twin) => twin.epoch === row.epoch);
      if (twins.some((twin) => twin.hash === row.hash)) return;
      const first = twins[0];
      if (first !== undefined) forks.push(forkOf(row, String(first.hash)));
      const sameEpoch = before?.epoch === row.epoch;
      const epochKnown = sameEpoch || statements.addEpoch.run(id, row.epoch).changes === 0;
      statements.insert.run(id, row.epoch, row.seq, row.hash, row.prev, row.body);
      const after = advance(before, row, epochKnown);
      if (after !== before) changed.set(row.mark, { id, point: after });
      added.push({ row, before, after });
    }
    function writeHeads(): void {
      for (const [name, state] of changed) writeHead(statements, name, state);
    }
    function settle(): ReturnType<EntryGroup['settle']> {
      nextMark = next;
      for (const [name, state] of changed) keep(name, state);
      return { forks, added };
    }
    return { add, writeHeads, settle };
  }

  function keep(name: string, state: MarkState): void {
    marks.set(name, state);
    heads.set(name, headOf(state.point));
    nextMark = Math.max(nextMark, state.id + 1);
  }
  return {
    heads: () => heads,
    point: (mark) => marks.get(mark)?.point ?? null,
    idOf: (mark) => marks.get(mark)?.id ?? null,
    group,
    continuing: (rows) => continuing(rows, marks, nextMark),
    count(late) {
      for (const { id, row, after } of late) keep(row.mark, { id, point: after });
    },
    write: (late) => writeLate(statements, late),
  };
}

function continuing(
  rows: readonly EntryRow[],
  marks: ReadonlyMap<string, MarkState>,
  nextMark: number,
): readonly LateEntry[] | null {
  const changed = new Map<string, MarkState>();
  const late: LateEntry[] = [];
  let next = nextMark;
  for (const row of rows) {
    const known = changed.get(row.mark) ?? marks.get(row.mark) ?? null;
    const before = known?.point ?? null;
    if (before !== null && before.epoch !== row.epoch) return null;
    if (before?.hash === row.hash) continue;
    if (before !== null && row.seq <= before.seq) return null;
    const id = known?.id ?? next++;
    const after = advance(before, row, before !== null);
    changed.set(row.mark, { id, point: after });
    late.push({ id, row, before, after });
  }
  return late;
}

function writeLate(statements: Statements, late: readonly LateEntry[]): void {
  const changed = new Map<string, LateEntry>();
  for (const entry of late) {
    const { id, row, before } = entry;
    if (before === null) statements.addEpoch.run(id, row.epoch);
    statements.insert.run(id, row.epoch, row.seq, row.hash, row.prev, row.body);
    changed.set(row.mark, entry);
  }
  for (const [name, { id, after }] of changed) writeHead(statements, name, { id, point: after });
}

function writeHead(statements: Statements, name: string, { id, point }: MarkState): void {
  statements.head.run(id, name, point.epoch, point.seq, point.hash, textOf(point.top));
}

function textOf(unit: Unit | null): string | null {
  return unit === null ? null : formatUnit(unit);
}

function forkOf(row: EntryRow, first: string): Fork {
  return { mark: row.mark, epoch: row.epoch, seq: row.seq.toString(), hashes: [first, row.hash] };
}

type Statements = ReturnType<typeof prepare>;

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
