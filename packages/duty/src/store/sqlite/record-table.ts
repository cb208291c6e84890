import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { StoreFault } from '../port.ts';
import type { Layout } from './database.ts';
import { type RecordTable, remembering } from './remembered.ts';

export interface Row {
  readonly value: Uint8Array;
  readonly lease: string | null;
}

/** Makes the table in a new file. */
export const RECORD_SCHEMA = `
  CREATE TABLE records (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL, lease TEXT);
  CREATE INDEX records_by_lease ON records (lease) WHERE lease IS NOT NULL;
`;

/** The layout of a file that holds a store alone. */
export const RECORD_LAYOUT: Layout = { schema: RECORD_SCHEMA, version: 1, check: checkVersion };

function checkVersion(db: DatabaseSync, path: string): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (version === RECORD_LAYOUT.version) return;
  throw new StoreFault(
    'damaged',
    `${path} holds ${version === 0 ? 'tables of another program' : `data of version ${version}`}; this release reads version ${RECORD_LAYOUT.version}`,
    'start the release that wrote the file, or give this one another path',
  );
}

/** The table in a file that was opened just now. */
export function openRecordTable(db: DatabaseSync): RecordTable {
  return remembering(statementsOf(db));
}

/** The statements of a table, without the memory of their values. */
export type Statements = ReturnType<typeof statementsOf>;

function statementsOf(db: DatabaseSync) {
  const prepared = {
    get: db.prepare('SELECT value, lease FROM records WHERE key = ?'),
    from: db.prepare('SELECT key, value, lease FROM records WHERE key >= ? ORDER BY key'),
    after: db.prepare('SELECT key, value, lease FROM records WHERE key > ? ORDER BY key'),
    put: db.prepare(
      'INSERT INTO records (key, value, lease) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, lease = excluded.lease',
    ),
    remove: db.prepare('DELETE FROM records WHERE key = ?'),
    dropLeased: db.prepare('DELETE FROM records WHERE lease = ? RETURNING key'),
    leases: db.prepare('SELECT DISTINCT lease FROM records WHERE lease IS NOT NULL'),
  };
  return {
    get: (key: string): Row | null => {
      const row = prepared.get.get(key);
      return row === undefined ? null : rowOf(row);
    },
    /**
     * Records from a key on (or after it), in the byte order of their keys; read only as far as the caller
     * iterates.
     */
    from: (key: string, exclusive: boolean): Iterable<Row & { readonly key: string }> =>
      rows(exclusive ? prepared.after : prepared.from, key),
    put: (key: string, value: Uint8Array, lease: string | null): void =>
      void prepared.put.run(key, value, lease),
    remove: (key: string): void => void prepared.remove.run(key),
    /** Remove the records of a lease; returns their keys. */
    removeLeased: (id: string): readonly string[] =>
      prepared.dropLeased.all(id).map((row) => String(row.key)),
    /** The leases that records were written with. */
    leases: (): readonly string[] => prepared.leases.all().map(({ lease }) => String(lease)),
  };
}

function* rows(statement: StatementSync, key: string): Generator<Row & { readonly key: string }> {
  for (const row of statement.iterate(key)) yield { key: String(row.key), ...rowOf(row) };
}

function rowOf({ value, lease }: Record<string, SQLOutputValue>): Row {
  return {
    value: value instanceof Uint8Array ? value : new Uint8Array(),
    lease: typeof lease === 'string' ? lease : null,
  };
}
