import { causeText } from '@watchbill/kit';
import { otherVersion } from '../../rule/index.ts';
import { resultCode, SQLITE, StoreFault } from '../../store/index.ts';
import { LedgerFault } from './port.ts';

/** On a read-only file system, making a directory can also fail with ENOENT. */
const UNWRITABLE: ReadonlySet<string | null> = new Set(['EACCES', 'EROFS', 'EPERM', 'ENOENT', 'ENOTDIR']);

function systemCode(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && !code.startsWith('ERR_') ? code : null;
}

/** An entry on the disk that differs from the one that was written. */
export class DamagedEntry extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DamagedEntry';
  }
}

/** Turn any error of the engine or the file system into the one fault of the ledger. */
export function toLedgerFault(what: string, file: string, error: unknown): LedgerFault {
  if (error instanceof LedgerFault) return error;
  if (error instanceof StoreFault) return ofTheFile(what, file, error);
  const [why, remedy] = explain(error, file);
  return new LedgerFault(`${what} (${file}): ${why}`, remedy, error);
}

/** A fault of the file: the error of the engine or the system below it, if there is one. */
function ofTheFile(what: string, file: string, fault: StoreFault): LedgerFault {
  if (fault.cause !== undefined) return toLedgerFault(what, file, fault.cause);
  return new LedgerFault(`${what} (${file}): ${fault.message}`, fault.remedy, fault);
}

/** Runs an act on the file and turns its errors into a {@link LedgerFault}; a closed file runs none. */
export type Guard = <Result>(what: string, act: () => Result) => Result;

export function faultGate(file: string): { guarded: Guard; closed(): boolean; close(): void } {
  let closed = false;
  return {
    guarded(what, act) {
      if (closed) throw new LedgerFault(`the ledger is closed (${file})`, 'Open it again.');
      try {
        return act();
      } catch (error) {
        throw toLedgerFault(what, file, error);
      }
    },
    closed: () => closed,
    close: () => {
      closed = true;
    },
  };
}

function explain(error: unknown, file: string): readonly [why: string, remedy: string] {
  if (error instanceof DamagedEntry) return damaged(error.message, file);
  const system = systemCode(error);
  const code = (resultCode(error) ?? 0) & 0xff;
  if (code === SQLITE.BUSY || code === SQLITE.LOCKED)
    return ['another process holds it', 'Stop the other service, or give this one another data directory.'];
  if (code === SQLITE.FULL || system === 'ENOSPC' || system === 'EDQUOT')
    return [
      'the disk is full',
      'Free space on the disk of the data directory; the service then resumes by itself.',
    ];
  if (code === SQLITE.READONLY || code === SQLITE.CANTOPEN || UNWRITABLE.has(system))
    return [
      'it cannot be written',
      'Make the data directory writable for the user of the service, and its file system read-write.',
    ];
  if (code === SQLITE.CORRUPT || code === SQLITE.NOTADB || code === SQLITE.TOOBIG)
    return damaged('it is not a readable ledger', file);
  return [causeText(error), 'Check the disk, then the permissions of the data directory.'];
}

function damaged(why: string, file: string): readonly [string, string] {
  return [
    `the ledger is damaged: ${why}`,
    `Keep a copy of ${file} as evidence, start with an empty data directory, and let another service approve this one.`,
  ];
}

/** Another release wrote the file: no release reads two versions before 1.0. */
export function versionFault(file: string, version: number, known: number): LedgerFault {
  const { why, remedy } = otherVersion(version, known);
  return new LedgerFault(`the ledger cannot be opened (${file}): ${why}`, remedy);
}

/** The file is of a version that never was, or of another program. */
export function unreadableFault(file: string, why: string): LedgerFault {
  const [message, remedy] = damaged(why, file);
  return new LedgerFault(`the ledger cannot be opened (${file}): ${message}`, remedy);
}
