import { existsSync, readFileSync } from 'node:fs';
import { jsonOrNull } from '@watchbill/kit';
import { type LineJournal, openLineJournal, wholeLines } from '@watchbill/kit/files';
import { z } from 'zod';
import { takeLock } from '../apply/journal.ts';

const since = z.strictObject({
  height: z.int().min(0),
  voter: z.strictObject({ setId: z.int().min(0), round: z.int().min(0) }).nullable(),
});
const entryShape = z.discriminatedUnion('state', [
  /** About to be changed. `held`: the key sets that its nodes held. */
  z.strictObject({
    state: z.literal('begun'),
    unit: z.string(),
    count: z.int().min(1),
    since: since.nullable(),
    held: z.record(z.string(), z.array(z.string())),
  }),
  z.strictObject({ state: z.literal('verified'), unit: z.string(), count: z.int().min(1) }),
  /** From here on every begun change is put back. */
  z.strictObject({ state: z.literal('going-back'), why: z.string() }),
  z.strictObject({ state: z.literal('restored'), unit: z.string(), detail: z.string() }),
  z.strictObject({ state: z.literal('ended'), how: z.enum(['done', 'rolled-back']) }),
]);
export type RolloutEntry = Readonly<z.output<typeof entryShape>>;

const headerShape = z.strictObject({
  format: z.literal('watchbill/rollout/1'),
  network: z.string(),
  /** The target and the change of a roll-out, in one digest. */
  what: z.string(),
  /** The same for people. */
  title: z.string(),
  /** The data of the place that restores the old state, by unit. No secrets. */
  before: z.record(z.string(), z.unknown()),
});
export type RolloutHeader = Readonly<z.output<typeof headerShape>>;

/** The progress of a roll-out: on disk before the next action. */
export interface RolloutJournal {
  readonly file: string;
  readonly header: RolloutHeader;
  /** All that this run and earlier ones wrote, in order. */
  readonly entries: () => readonly RolloutEntry[];
  readonly write: (entry: RolloutEntry) => void;
  /** Idempotent. */
  readonly close: () => void;
}

export type OpenedRollout =
  | { readonly ok: true; readonly journal: RolloutJournal }
  | { readonly ok: false; readonly reason: 'damaged' | 'other' | 'busy'; readonly detail: string };

/** The unfinished roll-out of a file; null for none, and for a damaged file, which opening it reports. */
export function unfinishedRollout(file: string): RolloutHeader | null {
  const read = readLines(file);
  return typeof read === 'string' || read.header === null || isOver(read.entries) ? null : read.header;
}

/** Begins a journal, or continues an unfinished one. One process at a time. */
export function openRollout(file: string, header: RolloutHeader): OpenedRollout {
  const lock = takeLock(`${file}.lock`);
  if (!lock.ok) return { ok: false, reason: 'busy', detail: lock.detail };
  try {
    const read = readLines(file);
    const refused = refusalOf(read, header);
    if (refused === null && typeof read !== 'string')
      return { ok: true, journal: openedJournal(file, header, read, lock.release) };
    lock.release();
    return refused ?? { ok: false, reason: 'damaged', detail: file };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Throws if the file cannot be written; the caller gives the lock back. */
function openedJournal(
  file: string,
  header: RolloutHeader,
  read: Lines,
  release: () => void,
): RolloutJournal {
  const isNew = read.header === null || isOver(read.entries);
  const lines = openLineJournal(file, { keep: isNew ? 0 : read.length, mode: 0o600 });
  if (isNew) writeOrClose(lines, header);
  const entries = isNew ? [] : [...read.entries];
  return {
    file,
    header: isNew ? header : (read.header ?? header),
    entries: () => entries,
    write: (entry) => {
      lines.write(JSON.stringify(entry));
      entries.push(entry);
    },
    close: () => {
      lines.close();
      release();
    },
  };
}

function writeOrClose(lines: LineJournal, header: RolloutHeader): void {
  try {
    lines.write(JSON.stringify(header));
  } catch (error) {
    lines.close();
    throw error;
  }
}

interface Lines {
  readonly header: RolloutHeader | null;
  readonly entries: readonly RolloutEntry[];
  /** Bytes of the whole lines. */
  readonly length: number;
}

/** The complete lines; only the last may be cut short. A string is the description of the damage. */
function readLines(file: string): Lines | string {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const { lines, bytes } = wholeLines(text);
  const [first, ...rest] = lines.map(jsonOrNull);
  const header = headerShape.safeParse(first);
  if (lines.length > 0 && !header.success) return 'line 1 is damaged';
  const entries: RolloutEntry[] = [];
  for (const [at, value] of rest.entries()) {
    const entry = entryShape.safeParse(value);
    if (!entry.success) return `line ${at + 2} is damaged`;
    entries.push(entry.data);
  }
  return { header: header.success ? header.data : null, entries, length: bytes };
}

function refusalOf(read: Lines | string, wanted: RolloutHeader): (OpenedRollout & { ok: false }) | null {
  if (typeof read === 'string')
    return {
      ok: false,
      reason: 'damaged',
      detail: `${read}; it does not show the changes: check every node, then remove the file`,
    };
  const { header, entries } = read;
  if (header === null || isOver(entries)) return null;
  if (header.network === wanted.network && header.what === wanted.what) return null;
  const detail =
    header.network === wanted.network
      ? `another roll-out was begun and is not ended: ${header.title}`
      : `it is of the network ${header.network}, not of ${wanted.network}`;
  return { ok: false, reason: 'other', detail };
}

/** Ended, or never begun: there is no work to continue. */
function isOver(entries: readonly RolloutEntry[]): boolean {
  return entries.length === 0 || entries.at(-1)?.state === 'ended';
}
