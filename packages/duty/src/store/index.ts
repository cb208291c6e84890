export * from './port.ts';
export { type Layout, limitLog, openDatabase } from './sqlite/database.ts';
export {
  type Joined,
  openSqliteFile,
  raise,
  type SqliteFile,
  type SqliteFileOptions,
} from './sqlite/file.ts';
export { RECORD_SCHEMA } from './sqlite/record-table.ts';
export { resultCode, SQLITE } from './sqlite/sqlite-faults.ts';
export { createSqliteStore, openSqliteStore, type SqliteStoreOptions } from './sqlite/sqlite-store.ts';
export type { Changes, CommitHook, GroupEnd } from './sqlite/writer.ts';
