import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fault } from '../../../process/fault.ts';
import type { RunDocument } from './document.ts';

/**
 * Throws where the database that a configuration names is a file that is not there: only `nominate run` begins one. A new empty one in
 * the place of a name that was mistyped would answer that nothing is on its way, and know of no nomination that was sent.
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
