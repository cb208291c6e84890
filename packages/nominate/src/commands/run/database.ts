import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fault } from '@watchbill/kit';
import type { RunDocument } from './document.ts';

/**
 * Throws if the configuration names a database file that does not exist: only `nominate run` makes one. A new
 * empty database under a mistyped name would show no open nominations, and would not know about sent ones.
 */
export function refuseMissingDatabase(document: RunDocument): void {
  const path = missingDatabase(document);
  if (path === null) return;
  throw fault('no-database', 'usage', {
    what: `there is no database ${path}`,
    where: `${document.file}: database.file`,
    remedy: 'correct the name; a new programme has its database from its first `watchbill nominate run` on',
  });
}

/** The path of the configured database file if it does not exist; otherwise null. */
export function missingDatabase({ config: { database }, dir }: RunDocument): string | null {
  if (!('file' in database) || database.file === ':memory:') return null;
  const path = resolve(dir, database.file);
  return statSync(path, { throwIfNoEntry: false }) === undefined ? path : null;
}
