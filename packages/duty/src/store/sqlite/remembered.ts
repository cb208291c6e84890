import type { Row, Statements } from './record-table.ts';

/** The records of a store: one table of an open file. Every call may throw an error of SQLite. */
export type RecordTable = ReturnType<typeof remembering>;

/**
 * When it holds so many rows, the memory is begun anew. Those of ten thousand marks, with the records that
 * each grant compares, take about 18 MB.
 */
const MAX_ROWS = 16_384;

/**
 * Remembers records that this connection wrote or read last, so that a compare need not ask SQLite.
 *
 * A remembered record is the record of the file only because no other connection writes the file: this one
 * holds its lock from opening to closing (see `openDatabase`). So the memory lives and ends with the
 * connection, and everything is forgotten when a group of writes is undone. An error ends its group, since
 * SQLite may have undone writes by itself.
 *
 * Values are copied on their way in and out. Only {@link RecordTable.peek} lends one.
 */
export function remembering(db: Statements) {
  const rows = new Map<string, Row>();

  function keep(key: string, row: Row): void {
    if (rows.size >= MAX_ROWS) rows.clear();
    rows.set(key, row);
  }

  const peek = (key: string): Row | null => {
    const known = rows.get(key);
    if (known !== undefined) return known;
    const row = db.get(key);
    if (row !== null) keep(key, row);
    return row;
  };

  return {
    ...db,
    /** As `get`, without a copy of the value: the caller neither changes it nor passes it on. */
    peek,
    get: (key: string): Row | null => {
      const row = peek(key);
      return row === null ? null : { value: row.value.slice(), lease: row.lease };
    },
    put: (key: string, value: Uint8Array, lease: string | null): void => {
      db.put(key, value, lease);
      keep(key, { value: Uint8Array.from(value), lease });
    },
    remove: (key: string): void => {
      db.remove(key);
      rows.delete(key);
    },
    removeLeased: (id: string): readonly string[] => {
      const keys = db.removeLeased(id);
      for (const key of keys) rows.delete(key);
      return keys;
    },
    /** A transaction was undone: SQLite no longer has what it wrote. */
    undone: (): void => rows.clear(),
  };
}
