import { accessSync, constants, statSync } from 'node:fs';
import type { Problem } from '@watchbill/kit';
import { wideOpen } from '@watchbill/kit/command/read-secret';
import { FIELDS } from './fields.ts';
import type { LoadedConfig } from './load.ts';
import { originText } from './origin.ts';
import { inspectTls, type NamedFile } from './tls-files.ts';
import { getAt } from './tree.ts';

/** Problems and warnings about the files that a configuration names. It reads those of TLS. */
export function inspectFiles({ config, originOf }: LoadedConfig) {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const readable = new Map<string, NamedFile>();
  for (const field of FIELDS.filter(({ path }) => path.endsWith('File'))) {
    const file = getAt(config, field.path.split('.'));
    if (typeof file !== 'string') continue;
    const where = originText(originOf(field.path));
    const unreadable = whyUnreadable(file);
    if (unreadable !== null)
      problems.push({
        what: `${field.path}: ${file} ${unreadable}`,
        where,
        remedy: 'name an existing file that this user may read',
      });
    else {
      readable.set(field.path, { field: field.path, file, where });
      if (field.isSecretFile) warnings.push(...wideOpen(field.path, file, where));
    }
  }
  const tls = inspectTls(readable);
  return { problems: [...problems, ...tls.problems], warnings: [...warnings, ...tls.warnings] };
}

function whyUnreadable(file: string): string | null {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isFile() ? null : 'is a folder, and a file is needed';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? 'does not exist'
      : 'is not readable for this user';
  }
}
