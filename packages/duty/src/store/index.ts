export * from './port.ts';
export { type Layout, openDatabase } from './sqlite/database.ts';
export {
  type Joined,
  openSqliteFile,
  raise,
  type SqliteFile,
  type SqliteFileOptions,
} from './sqlite/file.ts';
export { limitLog } from './sqlite/pages.ts';
export { RECORD_SCHEMA } from './sqlite/record-table.ts';
export { resultCode, SQLITE } from './sqlite/result-codes.ts';
export { createSqliteStore, openSqliteStore, type SqliteStoreOptions } from './sqlite/sqlite-store.ts';
export type { Changes, CommitHook, GroupEnd } from './sqlite/writer.ts';
