import { statSync } from 'node:fs';
import { counted, fault } from '../index.ts';
import { writeNew } from './write-files.ts';

/** A file to be made. */
export interface PlannedFile {
  readonly path: string;
  readonly text: string;
  readonly mode: 0o600 | 0o644;
}

/** Everything that `init` makes, before anything is written. */
export interface Plan {
  readonly folders: readonly string[];
  readonly files: readonly PlannedFile[];
}

/**
 * Throws one usage fault that names everything that is in the way, and the flag that names another place.
 * An existing file is never overwritten.
 */
export function refuseExisting(paths: readonly string[], flag: '--dir' | '--out' = '--dir'): void {
  const existing = paths.filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
  if (existing.length === 0) return;
  const others = existing.length - 1;
  const rest =
    others === 0
      ? ''
      : `; nor ${others === 1 ? 'is' : 'are'} ${counted(others, 'other')}: ${existing.slice(1).join(', ')}`;
  const what = `${existing[0]} exists already and is never overwritten${rest}`;
  const remedy = `use the existing files, choose another place with ${flag}, or move them away first`;
  throw fault('exists', 'usage', { what, where: `flag ${flag}`, remedy });
}

/**
 * Makes folders (0700) and files, all or none. Writing fails rather than replace a file that appeared
 * after the check.
 */
export function carryOut(plan: Plan): void {
  writeNew(plan.files, plan.folders);
}
