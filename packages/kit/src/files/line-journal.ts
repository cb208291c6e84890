import { dirname } from 'node:path';
import { blockingDisk, type Disk, runSteps } from './disk.ts';
import { syncFolderSteps } from './durable.ts';

/** A file of lines, to which one process adds. */
export interface LineJournal {
  /** Durable when it returns. If it throws, the line is not in the file, and no later line can be written. */
  readonly write: (line: string) => void;
  /** May be called again. */
  readonly close: () => void;
}

export interface LineJournalOptions {
  /** Bytes of the lines that count; what follows them is cut off. See {@link wholeLines}. */
  readonly keep: number;
  readonly mode: number;
}

/**
 * Opens a journal, which is made if it does not exist. Throws as Node's file calls do; then nothing stays
 * open.
 */
export function openLineJournal(
  file: string,
  { keep, mode }: LineJournalOptions,
  disk: Disk = blockingDisk,
): LineJournal {
  const handle = disk.open(file, 'a', mode) as number;
  let state: 'open' | 'failed' | 'closed' = 'open';
  let length = keep;
  try {
    disk.truncate(handle, keep);
    disk.sync(handle);
    runSteps(syncFolderSteps(dirname(file)), disk);
  } catch (error) {
    disk.close(handle);
    throw error;
  }
  return {
    write: (line) => {
      if (state !== 'open') throw new Error(`${file} accepts no more lines: it is ${state}`);
      const bytes = Buffer.from(`${line}\n`);
      try {
        disk.write(handle, bytes);
        disk.sync(handle);
        length += bytes.length;
      } catch (error) {
        state = 'failed';
        cutBack(disk, handle, length);
        throw error;
      }
    },
    close: () => {
      if (state === 'closed') return;
      state = 'closed';
      disk.close(handle);
    },
  };
}

/** The end of a line that failed must not look like one that was written. */
function cutBack(disk: Disk, handle: number, length: number): void {
  try {
    disk.truncate(handle, length);
  } catch {
    // A reader cuts off an incomplete line.
  }
}

/**
 * The whole lines of a journal and their bytes. A last line without its line feed was cut short by the end of
 * a process or of the power; no one relied on it. For example `a\nb\nc` has the lines `a` and `b`, and 4
 * bytes.
 */
export function wholeLines(text: string): { readonly lines: readonly string[]; readonly bytes: number } {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return { lines: whole === '' ? [] : whole.slice(0, -1).split('\n'), bytes: Buffer.byteLength(whole) };
}
