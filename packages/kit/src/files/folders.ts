import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolderSync } from './durable.ts';

/**
 * Makes a folder and the missing ones above it, durable when it returns. Returns those that it made, the
 * outermost first. It makes one after the other: in a folder that accepts none (`/proc`), Node's own
 * `recursive` never ends.
 */
export function makeFoldersSync(folder: string, mode: number): readonly string[] {
  const missing: string[] = [];
  for (let one = folder; !existsSync(one) && dirname(one) !== one; one = dirname(one)) missing.push(one);
  const made = missing.toReversed();
  for (const one of made) {
    try {
      mkdirSync(one, { mode });
    } catch (error) {
      // Another process made it since the look.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    syncFolderSync(dirname(one));
  }
  return made;
}
