export type { MemoryDisturbance, MemorySnapshot } from './memory/content.ts';
export { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from './memory/memory-store.ts';
export {
  type CallOptions,
  type Compare,
  type Lease,
  type ListResult,
  type Page,
  type Store,
  StoreFault,
  type StoreFaultCode,
  type StoreHealth,
  type StoreMember,
  type StoreRecord,
  type Transaction,
  type TransactionResult,
  type Watch,
  type WatchChange,
  type WatchHandlers,
  type Write,
} from './port.ts';
export { choosePages, limitLog } from './sqlite/pages.ts';
export { resultCode, SQLITE } from './sqlite/result-codes.ts';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/sqlite-store.ts';
