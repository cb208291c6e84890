import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Copies of the files of an embedded store, at one moment. */
export interface SqliteCopy {
  /** Of the store. */
  readonly path: string;
  /** Holds the copies, under the names of the originals. */
  readonly folder: string;
}

/**
 * The files to put back. `all`: the file and its log; a file that the copy lacks is removed. `file`: the file
 * alone, and the log of today is removed. `file-beside-log`: the file alone, and the log of today stays,
 * which is a common mistake. `log`: the log alone.
 */
export type SqlitePart = 'all' | 'file' | 'file-beside-log' | 'log';

const SUFFIXES = { file: '', log: '-wal', journal: '-journal' };

/** Copy the file, its log and its journal, as a backup of the disk does. The store may be open. */
export function copySqlite(path: string, folder: string): SqliteCopy {
  mkdirSync(folder, { recursive: true });
  for (const suffix of Object.values(SUFFIXES)) {
    if (existsSync(path + suffix)) cpSync(path + suffix, join(folder, basename(path) + suffix));
  }
  return { path, folder };
}

/**
 * Put copies back. Each is a new file under the old name, so an open store goes on with its old files
 * until it is opened again. Throws if the copy does not hold the part.
 */
export function putBackSqlite({ path, folder }: SqliteCopy, part: SqlitePart): void {
  const remove = (suffix: string): void => rmSync(path + suffix, { force: true });
  const put = (suffix: string): void => {
    const fresh = `${path}${suffix}.fresh`;
    cpSync(join(folder, basename(path) + suffix), fresh);
    renameSync(fresh, path + suffix);
  };
  if (part === 'all') {
    for (const suffix of Object.values(SUFFIXES)) {
      if (existsSync(join(folder, basename(path) + suffix))) put(suffix);
      else remove(suffix);
    }
    return;
  }
  put(part === 'log' ? SUFFIXES.log : SUFFIXES.file);
  if (part !== 'file') return;
  remove(SUFFIXES.log);
  remove(SUFFIXES.journal);
}
