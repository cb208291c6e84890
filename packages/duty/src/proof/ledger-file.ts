import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { refuseForeign } from '../service/ledger/database.ts';
import { toLedgerFault } from '../service/ledger/faults.ts';
import { LedgerFault } from '../service/ledger/port.ts';
import { ledgerSource } from '../service/ledger/source.ts';
import { type LedgerMark, ledgerMarks } from './show.ts';

export type OpenLedgerFile = ReturnType<typeof openLedgerFile>;

/**
 * Open the ledger of a stopped service, or a copy of its data folder, for reading. Throws {@link
 * LedgerFault}: a running service holds its ledger for itself alone.
 */
export function openLedgerFile(dir: string) {
  const file = join(dir, 'ledger.db');
  let db: DatabaseSync | null = null;
  try {
    if (!existsSync(file))
      throw new LedgerFault(
        `there is no ledger in ${dir}`,
        'Name the data folder of a service, or a copy of it.',
      );
    db = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    // One read transaction: every page is of the same moment, and a service that starts now waits outside.
    db.exec('BEGIN');
    refuseForeign(db, file);
    const open = db;
    return {
      ...ledgerSource(open),
      file,
      marks: (): readonly LedgerMark[] => ledgerMarks(open),
      close: (): void => open.close(),
    };
  } catch (error) {
    db?.close();
    throw readFault(file, error);
  }
}

function readFault(file: string, error: unknown): LedgerFault {
  const fault = toLedgerFault('the ledger cannot be read', file, error);
  if (!fault.message.includes('another process holds it')) return fault;
  return new LedgerFault(
    `a running service holds the ledger (${file})`,
    'Stop the service, or export a snapshot of its data folder.',
    error,
  );
}
