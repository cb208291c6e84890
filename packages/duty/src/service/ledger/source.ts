import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { type DecisionLine, type EntryLine, type HeadLine, placeOf, type WordLine } from './lines.ts';
import { LedgerFault } from './port.ts';
import { BODY } from './schema.ts';

/** Rows that one query reads at most. */
const PAGE_ROWS = 512;

/**
 * A ledger as of one moment. Each list is read in pages, so that a running service can write between two of
 * them.
 */
export type LedgerSource = ReturnType<typeof sourceOf>;

/**
 * The ledger in an open database, as of this call. A running service can call it on its own connection: the
 * limits are fixed here, and each page is one short query.
 */
export function ledgerSource(db: DatabaseSync, guarded: Read = (read) => read()): LedgerSource {
  return guarded(() => sourceOf(db, guarded));
}

/** Runs one query, and turns its error into a fault of the caller. */
type Read = <Result>(read: () => Result) => Result;

function sourceOf(db: DatabaseSync, guarded: Read) {
  const identity = new Map(
    db
      .prepare('SELECT name, value FROM identity')
      .all()
      .map((row) => [String(row.name), String(row.value)]),
  );
  const last = {
    entry: Number(db.prepare('SELECT max(n) AS id FROM entries').get()?.id ?? 0),
    decision: Number(db.prepare('SELECT max(id) AS id FROM decisions').get()?.id ?? 0),
  };
  // A thousand marks have a head each: small, and read at once, so that heads and entries are of one moment.
  const allHeads = db.prepare('SELECT name, epoch, seq, hash FROM heads ORDER BY name');
  allHeads.setReadBigInts(true);
  const heads = allHeads.all().map(headLine);
  const words = wordsOf(db);
  return {
    service: identity.get('service') ?? '',
    /** The ledger that the data folder is bound to; null before its first start with a store. */
    ledger: identity.get('ledger') ?? null,
    /** The last rows that belong to it. */
    last,
    heads: (): Iterable<HeadLine> => heads,
    entries: (): Iterable<EntryLine> =>
      pages(db, guarded, { sql: ENTRIES, last: last.entry, read: entryLine }),
    /** Granted decisions only, oldest first. */
    decisions: (): Iterable<DecisionLine> =>
      pages(db, guarded, { sql: DECISIONS, last: last.decision, read: decisionLine }),
    words: (): Iterable<WordLine> => words,
  };
}

const ENTRIES = `SELECT n AS id, hash, ${BODY} FROM entries WHERE n > ? AND n <= ? ORDER BY n LIMIT ${PAGE_ROWS}`;
const DECISIONS = `SELECT id, atMs, reason, chain, key, duty, unit, parts, digest, node, incarnation, claimId, seq, via
  FROM decisions WHERE outcome = 'granted' AND id > ? AND id <= ? ORDER BY id LIMIT ${PAGE_ROWS}`;

type Row = Record<string, SQLOutputValue>;

interface Pages<Value> {
  readonly sql: string;
  /** Id of the last row that belongs to the export. */
  readonly last: number;
  readonly read: (row: Row) => Value;
}

function* pages<Value>(db: DatabaseSync, guarded: Read, { sql, last, read }: Pages<Value>): Generator<Value> {
  const page = guarded(() => db.prepare(sql));
  let after: SQLOutputValue = 0;
  for (;;) {
    const rows: readonly Row[] = guarded(() => page.all(after, last));
    for (const row of rows) yield read(row);
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)?.id ?? last;
  }
}

function entryLine({ id, hash, body }: Row): EntryLine {
  if (body !== null) return { kind: 'entry', body: String(body), hash: String(hash) };
  const remedy = 'Keep a copy of the file as evidence, and export from another service of this ledger.';
  throw new LedgerFault(`the ledger is damaged: entry ${id} is too long`, remedy);
}

function headLine(row: Row): HeadLine {
  const place = placeOf(String(row.name));
  if (place === null) throw new RangeError(`${row.name} is not a mark name`);
  return { kind: 'head', ...place, epoch: String(row.epoch), seq: String(row.seq), hash: String(row.hash) };
}

function decisionLine(row: Row): DecisionLine {
  const parts = String(row.parts ?? '');
  const line = { ...row, kind: 'decision', parts: parts === '' ? [] : parts.split(' ') };
  // The columns have the names of the fields, and the ledger writes them from a record of that type.
  return line as unknown as DecisionLine;
}

/** Held and released words. */
function wordsOf(db: DatabaseSync): readonly WordLine[] {
  return db
    .prepare('SELECT id, text, how, by, reason, atMs FROM words ORDER BY n')
    .all()
    .map((row) => ({ kind: 'word', id: String(row.id), text: String(row.text), release: releaseOf(row) }));
}

function releaseOf(row: Row): WordLine['release'] {
  if (row.how === null || row.how === undefined) return null;
  return { how: String(row.how), by: String(row.by), reason: String(row.reason), atMs: Number(row.atMs) };
}
