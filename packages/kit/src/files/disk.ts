import {
  close,
  closeSync,
  fsync,
  fsyncSync,
  ftruncate,
  ftruncateSync,
  link,
  linkSync,
  open,
  openSync,
  rename,
  renameSync,
  rm,
  rmSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';

/** A result now, or a promise of it. */
type Awaitable<Value> = Value | Promise<Value>;

/** The calls of a file system that a durable write makes. Each fails as Node's own call does. */
export interface Disk {
  /**
   * Flags as in `open(2)` of Node: `wx` makes a new file, `a` appends, `r` opens a folder. Returns a handle.
   */
  open(path: string, flags: 'wx' | 'a' | 'r', mode?: number): Awaitable<number>;
  /** Writes all bytes. */
  write(handle: number, bytes: Uint8Array): Awaitable<void>;
  /** Cuts the file to its first `bytes` bytes. */
  truncate(handle: number, bytes: number): Awaitable<void>;
  /** Returns when the file, or the names in the folder, survive a power cut. */
  sync(handle: number): Awaitable<void>;
  close(handle: number): Awaitable<void>;
  rename(from: string, to: string): Awaitable<void>;
  /** Gives a file a second name. Fails with EEXIST if the name is taken. */
  link(from: string, to: string): Awaitable<void>;
  /** Succeeds if there is no such file. */
  remove(path: string): Awaitable<void>;
}

/** One call of a file system. */
export type DiskCall = (disk: Disk) => unknown;

/** Calls in order. Each result comes back into the generator, and each failure is thrown into it. */
export type DiskSteps = Generator<DiskCall, void, unknown>;

/** The file system of this machine. Each call blocks the process. */
export const blockingDisk: Disk = {
  open: (path, flags, mode) => openSync(path, flags, mode),
  write: (handle, bytes) => {
    // A write may take a part of the bytes only.
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
  },
  truncate: (handle, bytes) => ftruncateSync(handle, bytes),
  sync: (handle) => fsyncSync(handle),
  close: (handle) => closeSync(handle),
  rename: (from, to) => renameSync(from, to),
  link: (from, to) => linkSync(from, to),
  remove: (path) => rmSync(path, { force: true }),
};

const [openLater, writeLater] = [promisify(open), promisify(write)];

/** The file system of this machine. The process goes on while a call is under way. */
export const waitingDisk: Disk = {
  open: (path, flags, mode) => openLater(path, flags, mode),
  write: async (handle, bytes) => {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await writeLater(handle, bytes, at, bytes.length - at, null);
      at += bytesWritten;
    }
  },
  truncate: promisify(ftruncate),
  sync: promisify(fsync),
  close: promisify(close),
  rename: promisify(rename),
  link: promisify(link),
  remove: (path) => promisify(rm)(path, { force: true }),
};

/** Runs the steps on a disk whose calls block. */
export function runSteps(steps: DiskSteps, disk: Disk): void {
  for (let next = steps.next(); next.done !== true; ) {
    let result: unknown;
    try {
      result = next.value(disk);
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(result);
  }
}

/** Runs the steps on a disk whose calls return promises. */
export async function awaitSteps(steps: DiskSteps, disk: Disk): Promise<void> {
  for (let next = steps.next(); next.done !== true; ) {
    let result: unknown;
    try {
      result = await next.value(disk);
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(result);
  }
}
