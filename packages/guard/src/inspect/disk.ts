import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseFacts, DiskFacts, Look } from '../doctor/facts.ts';
import { unfit } from '../fault.ts';
import { looking } from './reading.ts';

export async function inspectDisk(path: string): Promise<Look<DiskFacts>> {
  return looking(async () => {
    const { bsize, bavail, blocks } = await statfs(path);
    return { path, freeBytes: bsize * bavail, totalBytes: bsize * blocks };
  });
}

/** A database has some thousand files. */
const MOST_FILES = 50_000;
const AT_ONCE = 64;
/** Folders below a base path that a node writes, and that hold no votes. */
const OTHER_FOLDERS = /(?:^|\/)(?:keystore|network)(?:\/|$)/;

/** When the newest file of a database was written. It opens no file. */
export async function inspectDatabase(path: string): Promise<Look<DatabaseFacts>> {
  return looking(async () => {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && !OTHER_FOLDERS.test(entry.parentPath.slice(path.length)))
      .map((entry) => join(entry.parentPath, entry.name));
    if (files.length === 0 || files.length > MOST_FILES) {
      const what = `${path} holds ${files.length} files, which is not a node database`;
      throw unfit('database', what, 'name the database folder of the node');
    }
    let newestMs = 0;
    for (let at = 0; at < files.length; at += AT_ONCE)
      newestMs = Math.max(newestMs, ...(await Promise.all(files.slice(at, at + AT_ONCE).map(writtenMs))));
    return { path, newestMs };
  });
}

/** A running node removes files at any time: such a file counts as never written. */
async function writtenMs(file: string): Promise<number> {
  const facts = await stat(file).catch((error: NodeJS.ErrnoException) => error);
  if (!(facts instanceof Error)) return facts.mtimeMs;
  if (facts.code === 'ENOENT') return 0;
  throw facts;
}
