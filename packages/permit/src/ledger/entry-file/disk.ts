import {
  closeSync,
  existsSync,
  fdatasync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolderSync } from '@watchbill/base/files';

const syncLater = promisify(fdatasync);

/**
 * The calls of a file system that the entry file makes. Each fails as Node's own call does. Tests give a disk
 * that fails, or that forgets what was not synced.
 */
export interface EntryDisk {
  /** Make a new file with these bytes; its name and its bytes are durable on return. Returns a handle. */
  create(path: string, bytes: Uint8Array): number;
  /** Overwrite bytes inside the file. */
  write(handle: number, bytes: Uint8Array, at: number): void;
  /** Settles when all bytes that were written survive a power cut. */
  sync(handle: number): Promise<void>;
  close(handle: number): void;
  /** Null if there is no such file. */
  read(path: string): Buffer | null;
  /** The name is gone durably on return. Succeeds if there is no such file. */
  remove(path: string): void;
}

/** Zeros are written in steps, so that a full disk is noticed without one large write. */
const STEP_BYTES = 1024 * 1024;

export const entryDisk: EntryDisk = {
  create(path, bytes) {
    const handle = openSync(path, 'wx', 0o600);
    try {
      for (let at = 0; at < bytes.length; at += STEP_BYTES)
        writeAll(handle, bytes.subarray(at, at + STEP_BYTES), at);
      fsyncSync(handle);
      syncFolderSync(dirname(path));
      return handle;
    } catch (error) {
      closeSync(handle);
      rmSync(path, { force: true });
      throw error;
    }
  },
  write: writeAll,
  sync: (handle) => syncLater(handle),
  close: (handle) => closeSync(handle),
  read: (path) => (existsSync(path) ? readFileSync(path) : null),
  remove(path) {
    if (!existsSync(path)) return;
    rmSync(path);
    syncFolderSync(dirname(path));
  },
};

/** A write may take a part of the bytes only. */
function writeAll(handle: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(handle, bytes, done, bytes.length - done, at + done);
}
