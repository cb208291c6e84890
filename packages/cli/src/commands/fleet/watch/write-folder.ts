import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { usageFault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';

/** Throws where the folder is there: nothing is overwritten. */
export function newFolder(io: Io, out: string): string {
  const folder = resolve(io.cwd, out);
  if (existsSync(folder))
    throw usageFault(`${folder} exists already and is never overwritten`, 'name a new folder', 'flag --out');
  return folder;
}

/** Writes texts by their path under a folder. */
export function writeFolder(folder: string, texts: ReadonlyMap<string, string>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of texts) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
