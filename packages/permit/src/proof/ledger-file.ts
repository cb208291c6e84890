import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { toLedgerFault, unreadableFault } from '../ledger/faults.ts';
import { type DecisionLine, type EntryLine, type HeadLine, placeOf, type WordLine } from '../ledger/lines.ts';
import { LedgerFault } from '../ledger/port.ts';
import { APPLICATION_ID } from '../ledger/schema.ts';
import type { ExportSource } from './export.ts';
import { type LedgerMark, ledgerMarks } from './show.ts';

/** Versions of the ledger file that this room reads: 2 added the words. */
const READABLE: readonly number[] = [1, 2];

/** Rows that one query reads at most. */
const PAGE_ROWS = 512;

export interface OpenLedgerFile extends ExportSource {
  readonly file: string;
  /** How many entries the export will hold. */
  readonly entryCount: number;
  marks(): readonly LedgerMark[];
  close(): void;
}

/**
 * Open the ledger of a stopped service, or a copy of its data folder, for reading. Throws {@link
 * LedgerFault}: a running service holds its ledger for itself alone.
 */
export function openLedgerFile(dir: string): OpenLedgerFile {
  const file = join(dir, 'ledger.db');
  let db: DatabaseSync | null = null;
  try {
    if (!existsSync(file))
      throw new LedgerFault(
        `there is no ledger in ${dir}`,
        'Name the data folder of a service, or a copy of it.',
      );
    db = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    // One read transaction: every page is of the same moment, and a service that starts now waits outside.
    db.exec('BEGIN');
    refuseForeign(db, file);
    const open = db;
    return {
      ...ledgerSource(open),
      file,
      entryCount: countOf(open),
      marks: () => ledgerMarks(open),
      close: () => open.close(),
    };
  } catch (error) {
    db?.close();
    throw readFault(file, error);
  }
}

function readFault(file: string, error: unknown): LedgerFault {
  const fault = toLedgerFault('the ledger cannot be read', file, error);
  if (!fault.message.includes('another process holds it')) return fault;
  return new LedgerFault(
    `a running service holds the ledger (${file})`,
    'Stop the service, or export a snapshot of its data folder.',
    error,
  );
}

function refuseForeign(db: DatabaseSync, file: string): void {
  const application = Number(db.prepare('PRAGMA application_id').get()?.application_id);
  if (application !== APPLICATION_ID) throw unreadableFault(file, 'the file belongs to another program');
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (READABLE.includes(version)) return;
  throw new LedgerFault(
    `the ledger (${file}) has version ${version}; this release reads ${READABLE.join(' and ')}`,
    'Use the release that wrote it, or a newer one.',
  );
}

function countOf(db: DatabaseSync): number {
  return Number(db.prepare('SELECT count(*) AS count FROM entries').get()?.count);
}

/**
 * The ledger in an open database, as of this call. A running service can call it on its own connection: the
 * limits are fixed here, and each page is one short query.
 */
export function ledgerSource(db: DatabaseSync): ExportSource {
  const identity = new Map(
    db
      .prepare('SELECT name, value FROM identity')
      .all()
      .map((row) => [String(row.name), String(row.value)]),
  );
  const lastEntry = db.prepare('SELECT max(n) AS id FROM entries').get()?.id ?? 0;
  const lastDecision = db.prepare('SELECT max(id) AS id FROM decisions').get()?.id ?? 0;
  // A thousand marks have a head each: small, and read at once, so that heads and entries are of one moment.
  const heads = allOf(db, 'SELECT name, epoch, seq, hash FROM heads ORDER BY name').map(headLine);
  const words = wordsOf(db);
  return {
    service: identity.get('service') ?? '',
    ledger: identity.get('ledger') ?? null,
    heads: () => heads,
    entries: () => pages(db, ENTRIES, lastEntry, entryLine),
    decisions: () => pages(db, DECISIONS, lastDecision, decisionLine),
    words: () => words,
  };
}

const ENTRIES = `SELECT n AS id, hash, body FROM entries WHERE n > ? AND n <= ? ORDER BY n LIMIT ${PAGE_ROWS}`;
const DECISIONS = `SELECT id, atMs, reason, chain, key, duty, unit, parts, digest, node, incarnation, claimId, seq, via
  FROM decisions WHERE outcome = 'granted' AND id > ? AND id <= ? ORDER BY id LIMIT ${PAGE_ROWS}`;

type Row = Record<string, SQLOutputValue>;

function* pages<Value>(
  db: DatabaseSync,
  sql: string,
  last: SQLOutputValue,
  read: (row: Row) => Value,
): Generator<Value> {
  const page = db.prepare(sql);
  let after: SQLOutputValue = 0;
  for (;;) {
    const rows: readonly Row[] = page.all(after, last);
    for (const row of rows) yield read(row);
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)?.id ?? last;
  }
}

function allOf(db: DatabaseSync, sql: string): readonly Row[] {
  const statement = db.prepare(sql);
  statement.setReadBigInts(true);
  return statement.all();
}

function headLine(row: Row): HeadLine {
  const place = placeOf(String(row.name));
  if (place === null) throw new RangeError(`${row.name} is no name of a mark`);
  return { kind: 'head', ...place, epoch: String(row.epoch), seq: String(row.seq), hash: String(row.hash) };
}

function entryLine(row: Row): EntryLine {
  return { kind: 'entry', body: String(row.body), hash: String(row.hash) };
}

function decisionLine(row: Row): DecisionLine {
  const parts = String(row.parts ?? '');
  const line = { ...row, kind: 'decision', parts: parts === '' ? [] : parts.split(' ') };
  // The columns have the names of the fields, and the ledger writes them from a record of that type.
  return line as unknown as DecisionLine;
}

/** Held and released words; none in a file of version 1. */
function wordsOf(db: DatabaseSync): readonly WordLine[] {
  const table = db
    .prepare("SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' AND name = 'words'")
    .get();
  if (table === undefined) return [];
  return db
    .prepare('SELECT id, text, how, by, reason, atMs FROM words ORDER BY n')
    .all()
    .map((row) => ({ kind: 'word', id: String(row.id), text: String(row.text), release: releaseOf(row) }));
}

function releaseOf(row: Row): WordLine['release'] {
  if (row.how === null || row.how === undefined) return null;
  return { how: String(row.how), by: String(row.by), reason: String(row.reason), atMs: Number(row.atMs) };
}
