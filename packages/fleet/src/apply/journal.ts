import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type Entry, type Header, readJournal, sameHeader } from './journal-text.ts';

/** What was done of a plan, one line for each thing, on the disk before anything else happens. */
export interface Journal {
  readonly file: string;
  /** What an earlier run wrote, in order. */
  readonly earlier: readonly Entry[];
  /** Returns when the line is on the disk. Throws where it cannot be written: then nothing more may be done. */
  readonly write: (entry: Entry) => void;
  /** Idempotent. */
  readonly close: () => void;
}

export type OpenedJournal =
  | { readonly ok: true; readonly journal: Journal }
  | {
      readonly ok: false;
      readonly reason: 'damaged' | 'other-plan' | 'other-network' | 'other-place' | 'busy';
      readonly detail: string;
    };

/** Begins the journal of a plan, or goes on with it. One process at a time. */
export function openJournal(file: string, header: Header): OpenedJournal {
  const lock = takeLock(`${file}.lock`);
  if (!lock.ok) return { ok: false, reason: 'busy', detail: lock.detail };
  const found = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const read = readJournal(found);
  const refusal = !read.ok ? read : read.header === null ? null : sameHeader(read.header, header);
  if (refusal !== null) {
    lock.release();
    return { ok: false, reason: refusal.reason, detail: `${file}: ${refusal.detail}` };
  }
  const whole = read.ok ? read : { header: null, entries: [], length: 0 };
  const handle = openSync(file, 'a', 0o600);
  // A line that was cut short by the end of the process was never relied on.
  ftruncateSync(handle, whole.length);
  const line = (value: Header | Entry): void => {
    writeSync(handle, `${JSON.stringify(value)}\n`);
    fsyncSync(handle);
  };
  if (whole.header === null) line(header);
  syncFolder(dirname(file));
  let open = true;
  return {
    ok: true,
    journal: {
      file,
      earlier: whole.entries,
      write: line,
      close: () => {
        if (!open) return;
        open = false;
        closeSync(handle);
        lock.release();
      },
    },
  };
}

export type Lock =
  | { readonly ok: true; readonly release: () => void }
  | { readonly ok: false; readonly detail: string };

/** A file with the pid of its holder; one whose holder has ended is taken over. */
export function takeLock(file: string): Lock {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return { ok: true, release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(readFileSync(file, 'utf8'));
    if (lives(holder)) return { ok: false, detail: `process ${holder} holds this journal now (${file})` };
    rmSync(file, { force: true });
  }
  return { ok: false, detail: `${file} was taken by another process` };
}

function lives(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The name of a new file is only on the disk when its folder is. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
