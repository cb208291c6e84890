import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFoldersSync, readJsonOrNullSync, replaceFileSync } from '@watchbill/kit/files';
import type { z } from 'zod';
import { takeLock } from '../lock/index.ts';
import { BackupFault } from './backup-fault.ts';
import type { RecordFile } from './port.ts';

export interface HeldFile {
  readonly release: () => void;
}

/**
 * Holds a name for this process alone. Throws a BackupFault `busy`; takes over the name of a process that has
 * ended.
 */
export function holdFile(file: string): HeldFile {
  makeFoldersSync(dirname(file), 0o700);
  const lock = takeLock(file);
  if (!lock.ok)
    throw new BackupFault('busy', `another process works on this node: ${lock.detail}`, 'wait for it');
  return { release: lock.release };
}

/**
 * A record in a file. Throws a BackupFault if it is unreadable: it may be the record of a node that is down.
 */
export function recordFile<Value>(file: string, shape: z.ZodType<Value>): RecordFile<Value> {
  return {
    read: () => {
      if (!existsSync(file)) return null;
      const read = shape.safeParse(readJsonOrNullSync(file));
      if (read.success) return read.data;
      throw new BackupFault(
        'record',
        `${file} cannot be read, so it is not known whether the node was stopped: IT MAY BE DOWN`,
        'check that the node runs, then remove the file',
      );
    },
    write: (record) => {
      makeFoldersSync(dirname(file), 0o700);
      replaceFileSync({ path: file, text: `${JSON.stringify(record)}\n`, mode: 0o600 });
    },
    clear: () => rmSync(file, { force: true }),
  };
}
