import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { openLineJournal } from '@watchbill/kit/files';
import { type Lock, takeLock as takeFile } from '../lock/index.ts';
import { type Entry, type Header, readJournal, sameHeader } from './journal-text.ts';

/** The progress of a plan: one line per event, on disk before the next action. */
export interface Journal {
  readonly file: string;
  /** The entries of an earlier run, in order. */
  readonly earlier: readonly Entry[];
  /** Returns when the line is on disk. Throws if it cannot be written: then the run must stop. */
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

/**
 * Begins the journal of a plan, or continues it. One process at a time, for this journal and for the others
 * of its folder.
 */
export function openJournal(file: string, header: Header): OpenedJournal {
  const lock = takeLock(`${file}.lock`);
  if (!lock.ok) return { ok: false, reason: 'busy', detail: lock.detail };
  try {
    return opened(file, header, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Releases the lock if the journal is refused; if this throws, the caller releases it. */
function opened(file: string, header: Header, release: () => void): OpenedJournal {
  const found = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const read = readJournal(found);
  const refusal = !read.ok ? read : read.header === null ? null : sameHeader(read.header, header);
  if (refusal !== null) {
    release();
    return { ok: false, reason: refusal.reason, detail: `${file}: ${refusal.detail}` };
  }
  const whole = read.ok ? read : { header: null, entries: [], length: 0 };
  // A line that was cut short by the end of the process was never relied on.
  const lines = openLineJournal(file, { keep: whole.length, mode: 0o600 });
  const line = (value: Header | Entry): void => lines.write(JSON.stringify(value));
  try {
    if (whole.header === null) line(header);
  } catch (error) {
    lines.close();
    throw error;
  }
  const close = (): void => {
    lines.close();
    release();
  };
  return { ok: true, journal: { file, earlier: whole.entries, write: line, close } };
}

/**
 * Locks a journal, and with it the folder of its plans and journals. So one folder never applies two plans at
 * once, or a plan during a roll-out. A process that rolls out also applies a plan, so one process may hold
 * several journals.
 */
export function takeLock(file: string): Lock {
  const folder = holdFolder(stateFolderOf(file));
  if (!folder.ok) return folder;
  let own: Lock | null = null;
  try {
    own = takeFile(file);
  } finally {
    if (own?.ok !== true) folder.release();
  }
  if (!own.ok) return own;
  const { release } = own;
  let held = true;
  return {
    ok: true,
    release: () => {
      if (!held) return;
      held = false;
      release();
      folder.release();
    },
  };
}

/** The journal of a plan is in a subfolder, that of a roll-out is not. */
function stateFolderOf(file: string): string {
  const folder = dirname(resolve(file));
  return basename(folder) === 'journals' ? dirname(folder) : folder;
}

/** Locks of folders that this process has, and how many of its journals need each. */
const folders = new Map<string, { readonly release: () => void; uses: number }>();

function holdFolder(folder: string): Lock {
  const file = join(folder, 'at-work.lock');
  let held = folders.get(file);
  if (held === undefined) {
    const taken = takeFile(file);
    if (!taken.ok)
      return {
        ...taken,
        detail: `another process applies a plan or a roll-out in ${folder}: ${taken.detail}`,
      };
    held = { release: taken.release, uses: 0 };
    folders.set(file, held);
  }
  held.uses += 1;
  const mine = held;
  return {
    ok: true,
    release: () => {
      mine.uses -= 1;
      if (mine.uses > 0) return;
      folders.delete(file);
      mine.release();
    },
  };
}
