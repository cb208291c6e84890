import type { SQLOutputValue } from 'node:sqlite';
import { FIRST_PREV } from '../rule/index.ts';
import { unpadded } from '../service/ledger/lines.ts';
import { TooMuch } from './faults.ts';
import type { Findings } from './findings.ts';
import {
  type EpochSummary,
  higher,
  levelsOf,
  noteClosed,
  noteOpen,
  type Step,
  type Tip,
  walkEpoch,
} from './lineage.ts';
import type { Workspace } from './workspace.ts';

/** One mark of the workspace. */
export interface MarkAt {
  readonly id: number;
  readonly name: string;
}

/** The first entry of an epoch of a mark: an adoption, if all is in order. */
interface Root {
  readonly kind: Step['kind'];
  readonly epoch: number;
  readonly seq: bigint;
  readonly hash: string;
  readonly prev: string;
  readonly floor: string | null;
  /** The epoch that holds the entry before; null if the mark began here, or that entry is in no export. */
  readonly parent: number | null;
}

interface Epoch {
  readonly id: number;
  readonly name: string;
  readonly roots: readonly Root[];
  /** The highest unit granted in it. */
  readonly top: string | null;
  /** Epochs that it follows, itself included. */
  readonly line: ReadonlySet<number>;
}

/** The epochs of a mark, older ones first. */
export type Epochs = ReadonlyMap<number, Epoch>;

/**
 * One mark has few epochs and few adoptions without a predecessor; more of them are refused, not followed.
 */
const MAX_EPOCHS = 256;
const MAX_ROOTS = 10_000;

/**
 * Check the entries of one mark: chain, gaps, forks, floors, and that each epoch was adopted above everything
 * that it does not contain. Returns its epochs. Throws {@link TooMuch}.
 */
export function checkEpochs(workspace: Workspace, mark: MarkAt, findings: Findings): Epochs {
  const epochs = epochsOf(workspace, mark);
  const tips = new Map<string, Tip | null>();
  for (const { roots } of epochs.values()) for (const { prev } of roots) tips.set(prev, null);
  const floors = storeFloors(workspace, mark);
  const walks = [...epochs.values()].map((epoch) => {
    const walk = walkEpoch({
      mark: mark.name,
      epoch: epoch.name,
      findings,
      ancestor: (hash) => tips.get(hash) ?? null,
      storeFloor: (hash) => floors.get(hash),
      passed: (hash, tip) => {
        if (tips.has(hash)) tips.set(hash, tip);
      },
    });
    for (const level of levelsOf(stepsOf(workspace, mark, epoch))) walk.level(level);
    return { epoch, summary: walk.finish() };
  });
  for (const { epoch, summary } of walks) settleForks(mark, epoch, summary, { epochs, findings });
  for (const epoch of epochs.values()) checkTail(workspace, mark, epoch, findings);
  checkUnrelated(mark, epochs, findings);
  return epochs;
}

/** Padded floors of the store's marks, by the hash of the entry at which they stand. */
function storeFloors({ sql }: Workspace, { id }: MarkAt): ReadonlyMap<string, string | null> {
  const rows = sql('SELECT hash, floor FROM points WHERE mark = ? AND store = 1').all(id);
  return new Map(rows.map((row) => [String(row.hash), textOrNull(row.floor)]));
}

function* stepsOf({ sql }: Workspace, mark: MarkAt, epoch: Epoch): Generator<Step> {
  const rows = sql(
    'SELECT seq, hash, prev, kind, unit, win FROM entries WHERE mark = ? AND epoch = ? ORDER BY seq, hash',
  );
  for (const row of rows.iterate(mark.id, epoch.id)) yield stepOf(row);
}

function stepOf(row: Record<string, SQLOutputValue>): Step {
  return {
    seq: BigInt(row.seq as bigint),
    hash: String(row.hash),
    prev: String(row.prev),
    kind: row.kind === 'adopt' ? 'adopt' : 'grant',
    unit: textOrNull(row.unit),
    window: Number(row.win),
  };
}

const ROOTS = `SELECT epoch, seq, hash, prev, kind, unit FROM entries AS a WHERE mark = ? AND (seq = 1 OR kind = 'adopt' OR
  seq = (SELECT min(seq) FROM entries AS f WHERE f.mark = a.mark AND f.epoch = a.epoch))
  AND NOT EXISTS (SELECT 1 FROM entries AS b
  WHERE b.mark = a.mark AND b.epoch = a.epoch AND b.seq = a.seq - 1 AND b.hash = a.prev) LIMIT ${MAX_ROOTS + 1}`;

function epochsOf(workspace: Workspace, mark: MarkAt): Epochs {
  const { sql } = workspace;
  const rows = sql(
    `SELECT e.epoch AS id, n.name AS name, max(CASE WHEN e.kind = 'grant' THEN e.unit END) AS top
     FROM entries AS e JOIN epochs AS n ON n.id = e.epoch WHERE e.mark = ? GROUP BY e.epoch LIMIT ${MAX_EPOCHS + 1}`,
  ).all(mark.id);
  const ids = rows.map((row) => Number(row.id));
  const roots = sql(ROOTS).all(mark.id);
  if (ids.length > MAX_EPOCHS || roots.length > MAX_ROOTS)
    throw new TooMuch(
      `${mark.name} has more than ${MAX_EPOCHS} epochs or ${MAX_ROOTS} beginnings`,
      'Give exports that services wrote. Report this as a defect if they are.',
    );
  const found = roots.map((row): Root => {
    const { seq, hash, prev, kind, unit } = stepOf({ ...row, win: 1n });
    const parent = ids.find((id) => holds(workspace, mark, { id, seq: seq - 1n, hash: prev })) ?? null;
    return { epoch: Number(row.epoch), seq, hash, prev, kind, floor: kind === 'adopt' ? unit : null, parent };
  });
  const raw = rows.map((row) => {
    const id = Number(row.id);
    const own = found.filter(({ epoch }) => epoch === id);
    return { id, name: String(row.name), top: textOrNull(row.top), roots: own };
  });
  return inOrder(raw);
}

interface EntryAt {
  readonly id: number;
  readonly seq: bigint;
  readonly hash: string;
}

/** Whether an epoch of the mark holds this entry. */
export function holds({ sql }: Workspace, mark: MarkAt, { id, seq, hash }: EntryAt): boolean {
  const row = sql('SELECT 1 AS found FROM entries WHERE mark = ? AND epoch = ? AND seq = ? AND hash = ?').get(
    mark.id,
    id,
    seq,
    hash,
  );
  return row !== undefined;
}

/**
 * Older epochs first, so that a walk finds the line that an epoch continues. Hashes cannot lead in a circle.
 */
function inOrder(epochs: readonly Omit<Epoch, 'line'>[]): Epochs {
  const ordered = new Map<number, Epoch>();
  const visiting = new Set<number>();
  function visit(epoch: Omit<Epoch, 'line'>): ReadonlySet<number> {
    const known = ordered.get(epoch.id);
    if (known !== undefined) return known.line;
    const line = new Set([epoch.id]);
    if (visiting.has(epoch.id)) return line;
    visiting.add(epoch.id);
    for (const { parent } of epoch.roots) {
      const before = epochs.find(({ id }) => id === parent && id !== epoch.id);
      if (before !== undefined) for (const id of visit(before)) line.add(id);
    }
    ordered.set(epoch.id, { ...epoch, line });
    return line;
  }
  for (const epoch of epochs) visit(epoch);
  return ordered;
}

interface Settling {
  readonly epochs: Epochs;
  readonly findings: Findings;
}

/**
 * An epoch that follows, or one without a predecessor, closes a fork if its floor is above everything granted
 * since.
 */
function settleForks(mark: MarkAt, epoch: Epoch, { open, openTop }: EpochSummary, on: Settling): void {
  const follows = ({ line, roots }: Epoch) =>
    line.has(epoch.id) || roots.some(({ prev }) => prev === FIRST_PREV);
  const closer = [...on.epochs.values()]
    .filter((other) => other.id !== epoch.id && follows(other))
    .flatMap(({ roots }) => roots)
    .find(({ floor }) => floor !== null && (openTop === null || floor >= openTop));
  const context = { mark: mark.name, epoch: epoch.name, findings: on.findings };
  for (const fork of open) {
    if (closer === undefined) noteOpen(context, fork);
    else noteClosed(context, fork, closer.hash);
  }
}

/** An epoch that continues an older one in its middle must deny every unit after that point. */
function checkTail({ sql }: Workspace, mark: MarkAt, epoch: Epoch, findings: Findings): void {
  for (const { parent, kind, seq, floor, hash } of epoch.roots) {
    if (parent === null || kind !== 'adopt') continue;
    const tail = sql(
      "SELECT max(unit) AS top FROM entries WHERE mark = ? AND epoch = ? AND seq >= ? AND kind = 'grant'",
    ).get(mark.id, parent, seq);
    const top = textOrNull(tail?.top ?? null);
    if (top === null || (floor !== null && floor >= top)) continue;
    const text = `adoption ${seq} leaves the older epoch before its end, and its floor lies below ${unpadded(top)}, which was granted there`;
    findings.add('epoch-overlap', text, {
      mark: mark.name,
      epoch: epoch.name,
      seqs: [seq, seq],
      hashes: [hash],
    });
  }
}

/** Of two epochs that do not follow each other, one must deny everything that the other granted. */
function checkUnrelated(mark: MarkAt, epochs: Epochs, findings: Findings): void {
  // An epoch whose beginning is in no export may follow any other; that is reported as missing.
  const all = [...epochs.values()].filter(({ roots }) => roots.every(isRooted));
  for (const [index, one] of all.entries()) {
    for (const other of all.slice(index + 1)) {
      if (one.line.has(other.id) || other.line.has(one.id) || covers(one, other) || covers(other, one))
        continue;
      const text = `the epochs ${one.name} and ${other.name} do not follow each other, and neither was adopted above everything that the other granted`;
      findings.add('epoch-overlap', text, { mark: mark.name, epoch: one.name });
    }
  }
}

function isRooted({ parent, prev }: Root): boolean {
  return parent !== null || prev === FIRST_PREV;
}

function covers(one: Epoch, other: Epoch): boolean {
  if (other.top === null) return true;
  const { top } = other;
  return one.roots.length > 0 && one.roots.every(({ floor }) => floor !== null && floor >= top);
}

export function textOrNull(value: SQLOutputValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** The highest unit of a mark in all exports, padded: granted, shown by the store, or set as a floor. */
export function topOf({ sql }: Workspace, { id }: MarkAt): string | null {
  const entries = textOrNull(sql('SELECT max(unit) AS top FROM entries WHERE mark = ?').get(id)?.top);
  const shown = textOrNull(sql('SELECT max(top) AS top FROM points WHERE mark = ?').get(id)?.top);
  return higher(entries, shown);
}
