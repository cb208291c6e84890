import type { DatabaseSync } from 'node:sqlite';

/** A commit writes whole pages, and a grant changes a few hundred bytes of each of nine: decision 0051. */
const PAGE_BYTES = 2_048;
/** SQLite copies the log into the file at 1,000 pages; with more, it copies a page once for many commits. */
const COPY_AT_BYTES = 32 * 1_024 * 1_024;
/** Beyond this size the log is given back to the file system after it was copied. */
const KEEP_BYTES = 64 * 1_024 * 1_024;

/** The page size of a new file. Call it before any other statement: SQLite ignores it later. */
export function choosePages(db: DatabaseSync): void {
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
}

/** How much of the file stays in memory: the pages that a group of many marks touches. */
const CACHE_KIB = 16 * 1_024;

/** When the write-ahead log is copied into the file, how long it may stay, and what stays in memory. */
export function limitLog(db: DatabaseSync): void {
  db.exec(`PRAGMA wal_autocheckpoint = ${COPY_AT_BYTES / PAGE_BYTES};
    PRAGMA journal_size_limit = ${KEEP_BYTES}; PRAGMA cache_size = -${CACHE_KIB}`);
}
