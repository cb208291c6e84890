import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { usageFault } from '../index.ts';
import type { Io } from './io.ts';
import { writeNew } from './write-files.ts';

/** Throws if the folder exists: a file is never overwritten. */
export function newFolder(io: Io, out: string): string {
  const folder = resolve(io.cwd, out);
  if (existsSync(folder))
    throw usageFault(`${folder} exists already and is never overwritten`, 'name a new folder', 'flag --out');
  return folder;
}

/** Writes texts by their path under a folder: all or none. */
export function writeFolder(folder: string, texts: ReadonlyMap<string, string>): void {
  writeNew([...texts].map(([name, text]) => ({ path: join(folder, name), text, mode: 0o644 })));
}
