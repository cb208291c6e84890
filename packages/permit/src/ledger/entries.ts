import { hash as digestOf } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { encodeEntry } from '@watchbill/duty';
import type { Head } from '../contract.ts';
import { headOf, higherPosition, type Position } from './heads.ts';
import { LedgerFault, type LedgerItem } from './port.ts';
import { AT_OPEN } from './schema.ts';

/** An entry ready to be written: everything that can be wrong with it was found before it joins others. */
export interface EntryRow extends Position {
  readonly mark: string;
  readonly prev: string;
  readonly body: string;
}

/** Two entries with one (mark, epoch, seq): proof that two transactions wrote the same step. */
export interface Fork {
  readonly mark: string;
  readonly epoch: string;
  readonly seq: string;
  /** The one that was there first, and the one that came now. Both are kept. */
  readonly hashes: readonly [first: string, second: string];
}

const SEQ_MAX = (1n << 63n) - 1n;

/** Throws `LedgerFault` where the hash is not the entry's own. */
export function entryRow({ entry, hash }: LedgerItem): EntryRow {
  const mark = `${entry.chain}/${entry.key}/${entry.duty}`;
  const body = encodeEntry(entry);
  if (digestOf('sha256', body) !== hash || entry.seq < 0n || entry.seq > SEQ_MAX) {
    throw new LedgerFault(
      `entry ${entry.seq} of ${mark} does not have the hash or the number it claims`,
      'Report this as a defect, with the record of the mark.',
    );
  }
  return { mark, epoch: entry.epoch, seq: entry.seq, hash, prev: entry.prev, body };
}

interface MarkState {
  readonly id: number;
  readonly position: Position;
}

/** What one group changed; becomes true for readers only when `settle` runs after its commit. */
export interface EntryGroup {
  add(row: EntryRow): void;
  /** Last step inside the transaction. */
  writeHeads(): void;
  settle(): readonly Fork[];
}

export interface EntryTable {
  heads(): ReadonlyMap<string, Head>;
  /** Begin a group; to be used inside one transaction and thrown away when that fails. */
  group(): EntryGroup;
}

/** The entries on disk and, in memory, one head per mark and nothing else. */
export function openEntries(db: DatabaseSync): EntryTable {
  const statements = prepare(db);
  const marks = new Map<string, MarkState>();
  const heads = new Map<string, Head>();
  let nextMark = 1;
  for (const row of statements.heads.all()) {
    const position = {
      epoch: String(row.epoch),
      seq: BigInt(row.seq as bigint),
      hash: String(row.hash),
    };
    const id = Number(row.mark);
    marks.set(String(row.name), { id, position });
    heads.set(String(row.name), headOf(position));
    nextMark = Math.max(nextMark, id + 1);
  }

  function group(): EntryGroup {
    const changed = new Map<string, MarkState>();
    const forks: Fork[] = [];
    let next = nextMark;
    function add(row: EntryRow): void {
      const known = changed.get(row.mark) ?? marks.get(row.mark) ?? null;
      const id = known?.id ?? next++;
      const current = known?.position ?? null;
      const twins = statements.step.all(id, row.seq).filter((twin) => twin.epoch === row.epoch);
      if (twins.some((twin) => twin.hash === row.hash)) return;
      const first = twins[0];
      if (first !== undefined) forks.push(forkOf(row, String(first.hash)));
      const sameEpoch = current?.epoch === row.epoch;
      const epochKnown = sameEpoch || statements.addEpoch.run(id, row.epoch).changes === 0;
      statements.insert.run(id, row.epoch, row.seq, row.hash, row.prev, row.body);
      const position = higherPosition(current, row, epochKnown);
      if (position !== current) changed.set(row.mark, { id, position });
    }
    function writeHeads(): void {
      for (const [name, { id, position }] of changed)
        statements.head.run(id, name, position.epoch, position.seq, position.hash);
    }
    function settle(): readonly Fork[] {
      nextMark = next;
      for (const [name, { id, position }] of changed) {
        const { epoch, seq, hash } = position;
        // Only these three: the row that the position came from holds the text of the entry as well.
        marks.set(name, { id, position: { epoch, seq, hash } });
        heads.set(name, headOf(position));
      }
      return forks;
    }
    return { add, writeHeads, settle };
  }
  return { heads: () => heads, group };
}

function forkOf(row: EntryRow, first: string): Fork {
  return { mark: row.mark, epoch: row.epoch, seq: row.seq.toString(), hashes: [first, row.hash] };
}

function prepare(db: DatabaseSync) {
  const heads = db.prepare(AT_OPEN.heads);
  heads.setReadBigInts(true);
  return {
    heads,
    step: db.prepare('SELECT epoch, hash FROM entries WHERE mark = ? AND seq = ? ORDER BY n'),
    insert: db.prepare('INSERT INTO entries (mark, epoch, seq, hash, prev, body) VALUES (?, ?, ?, ?, ?, ?)'),
    addEpoch: db.prepare('INSERT INTO epochs (mark, epoch) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    head: db.prepare(
      `INSERT INTO heads (mark, name, epoch, seq, hash) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (mark) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, hash = excluded.hash`,
    ),
  };
}
