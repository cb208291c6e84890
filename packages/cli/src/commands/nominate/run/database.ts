import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fault } from '../../../process/fault.ts';
import type { RunDocument } from './document.ts';

/**
 * Throws if the configuration names a database file that does not exist: only `nominate run` makes one. A new
 * empty database under a mistyped name would show no open nominations, and would not know about sent ones.
 */
export function refuseMissingDatabase({ config: { database }, dir, file }: RunDocument): void {
  if (!('file' in database) || database.file === ':memory:') return;
  const path = resolve(dir, database.file);
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  throw fault('no-database', 'usage', {
    what: `there is no database ${path}`,
    where: `${file}: database.file`,
    remedy: 'correct the name; a new programme has its database from its first `watchbill nominate run` on',
  });
}
