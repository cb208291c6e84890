import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { makeFoldersSync } from '@watchbill/kit/files';
import {
  type Layout,
  openSqliteFile,
  RECORD_SCHEMA,
  type SqliteFile,
  type SqliteFileOptions,
} from '../../store/index.ts';
import { toLedgerFault, unreadableFault, versionFault } from './faults.ts';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';

/** The tables of a ledger, and the table of a store that may live in the same file. */
export const LAYOUT: Layout = {
  schema: `${RECORD_SCHEMA} ${SCHEMA}`,
  version: SCHEMA_VERSION,
  check: refuseForeign,
};

/** The file of the ledger in a data folder. */
export function ledgerPath(dir: string): string {
  return join(dir, 'ledger.db');
}

type FileOptions = Pick<SqliteFileOptions, 'clock' | 'aroundCommit'>;

/**
 * Open `<dir>/ledger.db` for this process alone; created if it is missing. The operating system's lock ends
 * with the process, however that ends. Throws `LedgerFault`.
 */
export function openFile(dir: string, { clock, aroundCommit }: FileOptions): SqliteFile {
  const path = ledgerPath(dir);
  try {
    makeFoldersSync(dir, 0o700);
    if (existsSync(path)) chmodSync(path, 0o600);
    return openSqliteFile({ path, kind: 'sqlite', layout: LAYOUT, clock, aroundCommit });
  } catch (error) {
    throw toLedgerFault('the ledger cannot be opened', path, error);
  }
}

/** Throws `LedgerFault` on a file of another program or version. */
export function refuseForeign(db: DatabaseSync, file: string): void {
  if (pragma(db, 'application_id') !== APPLICATION_ID)
    throw unreadableFault(file, 'the file belongs to another program');
  const version = pragma(db, 'user_version');
  if (version !== SCHEMA_VERSION) throw versionFault(file, version, SCHEMA_VERSION);
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
