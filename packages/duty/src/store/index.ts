export type { MemoryDisturbance, MemorySnapshot } from './memory/content.ts';
export { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from './memory/memory-store.ts';
export * from './port.ts';
export { choosePages, limitLog } from './sqlite/pages.ts';
export { resultCode, SQLITE } from './sqlite/result-codes.ts';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/sqlite-store.ts';
