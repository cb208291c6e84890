import { randomUUID } from 'node:crypto';
import { open, readdir, realpath, stat, statfs, unlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Clock } from '@watchbill/kit';
import { unfit } from '../fault.ts';
import { looked, mapped } from './look.ts';

export const inspectDisk = looked(async (path: string) => {
  const { bsize, bavail, blocks } = await statfs(path);
  return { path, freeBytes: bsize * bavail, totalBytes: bsize * blocks };
});

/** A database has some thousand files. */
const MOST_FILES = 50_000;
const AT_ONCE = 64;
/** Folders below a base path that a node writes, and that hold no votes. */
const OTHER_FOLDERS = /(?:^|\/)(?:keystore|network)(?:\/|$)/;

/** When the newest file of a database was written. It opens no file. */
export const inspectDatabase = looked(async (path: string) => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !OTHER_FOLDERS.test(entry.parentPath.slice(path.length)))
    .map((entry) => join(entry.parentPath, entry.name));
  if (files.length === 0 || files.length > MOST_FILES) {
    const what = `${path} holds ${files.length} files, which is not a node database`;
    throw unfit('database', what, 'name the database folder of the node');
  }
  const written = await mapped(files, AT_ONCE, writtenMs);
  return { path, newestMs: written.reduce((newest, each) => Math.max(newest, each)) };
});

/** A running node removes files at any time: such a file counts as never written. */
async function writtenMs(file: string): Promise<number> {
  const facts = await stat(file).catch((error: NodeJS.ErrnoException) => error);
  if (!(facts instanceof Error)) return facts.mtimeMs;
  if (facts.code === 'ENOENT') return 0;
  throw facts;
}

const SAMPLES = 200;
/** A slow disk ends the measurement. */
const MOST_MS = 5_000;
const BLOCK = Buffer.alloc(4_096);

/**
 * Measures how long a write takes until it is durable, with a file in a folder that a person named for it.
 * The file has no name from its first moment on, so that it is gone even if the doctor is killed. A folder
 * inside the database is refused. `database`: its disk has to be the one that is measured.
 */
export const inspectDiskSync = looked(async (folder: string, database: string | null, clock: Clock) => {
  if (database !== null) await refuseOther(folder, database);
  const path = join(folder, `.watchbill-doctor-${randomUUID()}`);
  const file = await open(path, 'wx', 0o600);
  try {
    await unlink(path);
    const [took, beganMs] = [[] as number[], clock.monotonicMs()];
    while (took.length < SAMPLES && clock.monotonicMs() - beganMs < MOST_MS) {
      const startMs = clock.monotonicMs();
      await file.write(BLOCK);
      await file.datasync();
      took.push(clock.monotonicMs() - startMs);
    }
    const sorted = took.toSorted((one, other) => one - other);
    /** 99 of 100 writes of 4 KiB take at most this long. */
    const p99Ms = sorted[Math.ceil(took.length * 0.99) - 1] ?? 0;
    return { path: folder, samples: took.length, p99Ms };
  } finally {
    await file.close();
  }
});

async function refuseOther(folder: string, database: string): Promise<void> {
  const [from, to] = [await realpath(database), await realpath(folder)];
  if (!relative(from, to).startsWith('..'))
    throw unfit('database', `${folder} is inside the database`, 'name a folder beside it, on the same disk');
  if ((await stat(from)).dev !== (await stat(to)).dev)
    throw unfit('database', `${folder} is on another file system than ${database}`, 'name one on its disk');
}
