import { causeText } from '@watchbill/kit';
import { StoreFault, type StoreFaultCode } from '../port.ts';

/** SQLite's primary result codes that have a remedy (https://www.sqlite.org/rescode.html). */
export const SQLITE = {
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  TOOBIG: 18,
  NOTADB: 26,
};
const { BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, TOOBIG, NOTADB } = SQLITE;

interface Known {
  readonly code: StoreFaultCode;
  readonly what: string;
  readonly remedy: string;
}

const LOCKED_ELSEWHERE: Known = {
  code: 'locked',
  what: 'another process, or this one, already holds the database',
  remedy:
    'stop the other process, or give this one another path; the lock ends with the process, even after kill -9',
};

const DAMAGED: Known = {
  code: 'damaged',
  what: 'the file is damaged or is not a database',
  remedy:
    'keep the file unchanged and treat its marks as lost: run `watchbill recover`, which sets floors above them',
};

const KNOWN: Readonly<Record<number, Known>> = {
  [BUSY]: LOCKED_ELSEWHERE,
  [LOCKED]: LOCKED_ELSEWHERE,
  [READONLY]: {
    code: 'full',
    what: 'the database cannot be written',
    remedy:
      'make the file and its directory writable for this user; a file system mounted read-only is one cause',
  },
  [IOERR]: {
    code: 'unavailable',
    what: 'the disk fails, or its file system has become read-only',
    remedy: 'read `dmesg`, and mount the file system read-write again; writing then resumes by itself',
  },
  [FULL]: {
    code: 'full',
    what: 'the disk is full',
    remedy: 'make room on the file system of the database; writing then resumes by itself',
  },
  [CANTOPEN]: {
    code: 'full',
    what: 'the database or a file beside it cannot be opened for writing',
    remedy: 'check that its directory exists and that this user may create files in it',
  },
  [CORRUPT]: DAMAGED,
  [TOOBIG]: { ...DAMAGED, what: 'the file is damaged: a record is longer than any that is written' },
  [NOTADB]: DAMAGED,
};

/** Extended result code of an error from `node:sqlite`; null for an error of another kind. */
export function resultCode(error: unknown): number | null {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code : null;
}

/** The fault for an error of SQLite at `path`, with the remedy. */
export function sqliteFault(error: unknown, path: string, doing: string): StoreFault {
  if (error instanceof StoreFault) return error;
  const code = resultCode(error);
  const known = code === null ? undefined : KNOWN[code & 0xff];
  const said = causeText(error);
  const number = code === null ? '' : `, SQLite ${code}`;
  const what = known?.what ?? 'SQLite failed';
  return new StoreFault(
    known?.code ?? 'unavailable',
    `${doing} ${path}: ${what} (${said}${number})`,
    known?.remedy ?? "check the disk, its file system and the kernel's log",
    error,
  );
}

/**
 * True if a COMMIT that failed with this error certainly left no trace, now and after a crash.
 *
 * In WAL mode a commit appends page frames to the log, the last one marked as the commit, syncs the log, and
 * only then shows the pages to readers. Every frame carries a checksum over all before it.
 * - FULL is SQLite's code for a write that ran out of space. The frame that did not fit is incomplete, its
 *   checksum is wrong, and recovery stops before it: no complete commit frame exists. (A failed sync never
 *   gives FULL: all its errors are IOERR_FSYNC.)
 * - BUSY, LOCKED and READONLY are found before the first frame is written.
 * Everything else is uncertain. After IOERR_FSYNC the whole commit may be in the log: this process does not
 * see it, but a recovery after a crash would. A write that failed otherwise (IOERR_WRITE) may have reached
 * the file whole.
 */
export function commitCertainlyFailed(error: unknown): boolean {
  const code = resultCode(error);
  return code !== null && [FULL, BUSY, LOCKED, READONLY].includes(code & 0xff);
}
