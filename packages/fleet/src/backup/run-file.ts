import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { processMark, sameProcess } from '../local/process-mark.ts';
import { BackupFault } from './fault.ts';
import type { RecordFile } from './port.ts';

const markShape = z.strictObject({ pid: z.int().min(2), startTicks: z.string() });

export interface HeldFile {
  readonly release: () => void;
}

/** Holds a name for this process alone. Throws a BackupFault `busy`; what a process held that has ended is taken over. */
export function holdFile(file: string): HeldFile {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const mine = processMark(process.pid);
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, JSON.stringify(mine));
      closeSync(handle);
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = markShape.safeParse(parsed(file));
    if (holder.success && sameProcess(holder.data))
      throw new BackupFault(
        'busy',
        `process ${holder.data.pid} is at work on this node (${file})`,
        'wait for it',
      );
    rmSync(file, { force: true });
  }
  throw new BackupFault('busy', `${file} is fought over`, 'start one at a time');
}

/** A record in a file. Throws a BackupFault where it cannot be read: it may say that a node is down. */
export function recordFile<Value>(file: string, shape: z.ZodType<Value>): RecordFile<Value> {
  return {
    read: () => {
      if (!existsSync(file)) return null;
      const read = shape.safeParse(parsed(file));
      if (read.success) return read.data;
      throw new BackupFault(
        'record',
        `${file} cannot be read: whether the node was stopped is not known, IT MAY BE DOWN`,
        'see that the node runs, then remove the file',
      );
    },
    write: (record) => {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeWhole(file, `${JSON.stringify(record)}\n`);
    },
    clear: () => rmSync(file, { force: true }),
  };
}

/** Whole, or not at all; durable when it returns. */
export function writeWhole(file: string, text: string, mode = 0o600): void {
  const draft = `${file}.new`;
  const handle = openSync(draft, 'w', mode);
  writeSync(handle, text);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(draft, file);
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
