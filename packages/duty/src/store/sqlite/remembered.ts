import type { Row, Statements } from './record-table.ts';

/** The records of a store: one table of an open file. Every call may throw an error of SQLite. */
export type RecordTable = ReturnType<typeof remembering>;

/** The heads of ten thousand marks, with the records that each grant compares, take about 18 MB. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The memory of a kept record, beside its key and value. */
const RECORD_BYTES = 128;

/** Rows by key. Those that were kept longest ago leave when all together pass the bound. */
function rowMemory(maxBytes: number) {
  // The order of insertion is the order of age.
  const rows = new Map<string, Row>();
  let bytes = 0;

  function forget(key: string): void {
    const row = rows.get(key);
    if (row === undefined) return;
    rows.delete(key);
    bytes -= sizeOf(key, row);
  }

  function keep(key: string, row: Row): void {
    forget(key);
    rows.set(key, row);
    bytes += sizeOf(key, row);
    for (const oldest of rows.keys()) {
      if (bytes <= maxBytes) return;
      forget(oldest);
    }
  }

  return {
    get: (key: string): Row | undefined => rows.get(key),
    keep,
    forget,
    forgetAll: (): void => {
      rows.clear();
      bytes = 0;
    },
  };
}

/**
 * Remembers records that this connection wrote or read last, so that a compare need not ask SQLite.
 *
 * A remembered record is the record of the file only because no other connection writes the file: this one
 * holds its lock from opening to closing (see `openDatabase`). So the memory lives and ends with the
 * connection, and everything is forgotten when a group of writes is undone. An error ends its group, since
 * SQLite may have undone writes by itself.
 *
 * Values are copied on their way in and out. Only {@link RecordTable.peek} lends one.
 *
 * @param maxBytes the records that were written or read longest ago leave beyond this
 */
export function remembering(db: Statements, maxBytes: number = MAX_BYTES) {
  const rows = rowMemory(maxBytes);

  const peek = (key: string): Row | null => {
    const known = rows.get(key);
    if (known !== undefined) return known;
    const row = db.get(key);
    if (row !== null) rows.keep(key, row);
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
      rows.keep(key, { value: Uint8Array.from(value), lease });
    },
    remove: (key: string): void => {
      db.remove(key);
      rows.forget(key);
    },
    removeLeased: (id: string): readonly string[] => {
      const keys = db.removeLeased(id);
      for (const key of keys) rows.forget(key);
      return keys;
    },
    /** A transaction was undone: SQLite no longer has what it wrote. */
    undone: rows.forgetAll,
  };
}

function sizeOf(key: string, { value }: Row): number {
  return key.length + value.byteLength + RECORD_BYTES;
}
