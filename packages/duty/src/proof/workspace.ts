import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/**
 * Scratch tables of one proof. Everything that grows with the ledger is here and not in memory. `digest` is
 * empty text for none, because a key column of such a table cannot be null. `store` is 1 in a grant that a
 * mark of the store shows. `policies` has the versions of a policy under which the entries of a mark were
 * written, each with one of them. `how` is empty in a word that is held.
 */
const TABLES = `
CREATE TABLE marks (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE epochs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE entries (
  mark INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
  prev TEXT NOT NULL, kind TEXT NOT NULL, unit TEXT, win INTEGER NOT NULL,
  PRIMARY KEY (mark, epoch, seq, hash)
) WITHOUT ROWID;
CREATE TABLE grants (
  mark INTEGER NOT NULL, unit TEXT NOT NULL, part TEXT NOT NULL, digest TEXT NOT NULL, hash TEXT NOT NULL,
  store INTEGER NOT NULL, node TEXT NOT NULL, incarnation TEXT NOT NULL,
  PRIMARY KEY (mark, unit, part, digest, hash)
) WITHOUT ROWID;
CREATE TABLE decisions (
  mark INTEGER NOT NULL, unit TEXT NOT NULL, part TEXT NOT NULL, digest TEXT NOT NULL, fresh INTEGER NOT NULL,
  node TEXT NOT NULL, incarnation TEXT NOT NULL, service TEXT NOT NULL, id INTEGER NOT NULL,
  PRIMARY KEY (mark, service, id, unit, part, digest)
) WITHOUT ROWID;
CREATE TABLE policies (
  mark INTEGER NOT NULL, epoch INTEGER NOT NULL, policy TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (mark, epoch, policy)
) WITHOUT ROWID;
CREATE TABLE changes (
  hash TEXT NOT NULL PRIMARY KEY, chain TEXT NOT NULL, version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE points (
  mark INTEGER NOT NULL, export INTEGER NOT NULL, store INTEGER NOT NULL, epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL, hash TEXT NOT NULL, floor TEXT, top TEXT
);
CREATE INDEX points_mark ON points (mark, export);
CREATE TABLE words (
  service TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL, how TEXT NOT NULL, by TEXT NOT NULL,
  reason TEXT NOT NULL, atMs INTEGER NOT NULL, exportedMs INTEGER NOT NULL,
  PRIMARY KEY (service, id, how, atMs)
) WITHOUT ROWID;
`;

export type Workspace = ReturnType<typeof openWorkspace>;

/** Names kept in memory before they are looked up in the table again. */
const NAMES_IN_MEMORY = 20_000;

/**
 * A scratch database. It has no value after a crash, so it is never synced.
 *
 * @param file a file in a folder that the caller removes, or `:memory:` for small proofs
 */
export function openWorkspace(file: string) {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;');
  db.exec('PRAGMA cache_size = -65536; PRAGMA temp_store = FILE;');
  db.exec(TABLES);
  const statements = new Map<string, StatementSync>();
  const names = new Map<string, number>();
  /** A prepared statement, made once. Numbers come back as bigints. */
  const sql = (text: string): StatementSync => {
    const known = statements.get(text);
    if (known !== undefined) return known;
    const statement = db.prepare(text);
    statement.setReadBigInts(true);
    statements.set(text, statement);
    return statement;
  };
  /** Adds a row by the names of its columns. False if the table has a row with its key. */
  const add = (
    table: 'entries' | 'grants' | 'decisions' | 'policies' | 'changes' | 'points',
    row: Readonly<Record<string, SQLInputValue>>,
  ): boolean => {
    const names = Object.keys(row);
    const text = `INSERT OR IGNORE INTO ${table} (${names}) VALUES (${names.map((name) => `:${name}`)})`;
    return Number(sql(text).run(row).changes) > 0;
  };
  /** The number of a mark or epoch, given at first sight. */
  function idOf(table: 'marks' | 'epochs', name: string): number {
    const known = names.get(`${table} ${name}`);
    if (known !== undefined) return known;
    sql(`INSERT OR IGNORE INTO ${table} (name) VALUES (?)`).run(name);
    const id = Number(sql(`SELECT id FROM ${table} WHERE name = ?`).get(name)?.id);
    if (names.size >= NAMES_IN_MEMORY) names.clear();
    names.set(`${table} ${name}`, id);
    return id;
  }
  return { db, sql, add, idOf, close: (): void => db.close() };
}
