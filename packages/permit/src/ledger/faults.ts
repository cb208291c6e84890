import { LedgerFault } from './port.ts';

/** The primary result codes of SQLite that have a remedy of their own (sqlite.org/rescode.html). */
const BUSY = 5;
const LOCKED = 6;
const READ_ONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** A read-only file system answers the making of a directory with ENOENT as well. */
const UNWRITABLE: ReadonlySet<string | null> = new Set(['EACCES', 'EROFS', 'EPERM', 'ENOENT', 'ENOTDIR']);

function resultCode(error: unknown): number | null {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : null;
}

function systemCode(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && !code.startsWith('ERR_') ? code : null;
}

/** Turn whatever the engine or the file system threw into the one fault of the ledger. */
export function toLedgerFault(what: string, file: string, error: unknown): LedgerFault {
  if (error instanceof LedgerFault) return error;
  const [why, remedy] = explain(error, file);
  return new LedgerFault(`${what} (${file}): ${why}`, remedy, error);
}

function explain(error: unknown, file: string): readonly [why: string, remedy: string] {
  const system = systemCode(error);
  const code = resultCode(error);
  if (code === BUSY || code === LOCKED)
    return [
      'another process holds it',
      'Stop the other service, or give this one a data directory of its own.',
    ];
  if (code === FULL || system === 'ENOSPC' || system === 'EDQUOT')
    return [
      'the disk is full',
      'Free space on the disk of the data directory; the service goes on by itself.',
    ];
  if (code === READ_ONLY || code === CANNOT_OPEN || UNWRITABLE.has(system))
    return [
      'it cannot be written',
      'Make the data directory writable for the user of the service, and its file system read-write.',
    ];
  if (code === CORRUPT || code === NOT_A_DATABASE) return damaged('it is not a readable ledger', file);
  const message = error instanceof Error ? error.message : String(error);
  return [message, 'Check the disk, then the permissions of the data directory.'];
}

function damaged(why: string, file: string): readonly [string, string] {
  return [
    `the ledger is damaged: ${why}`,
    `Keep a copy of ${file} as evidence, start with an empty data directory, and let another service vouch.`,
  ];
}

/** The file is of another version or of another program. */
export function unreadableFault(file: string, why: string): LedgerFault {
  const [message, remedy] = damaged(why, file);
  return new LedgerFault(`the ledger cannot be opened (${file}): ${message}`, remedy);
}
