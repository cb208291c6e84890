import { accessSync, constants, statSync } from 'node:fs';
import { Fault, type Problem } from '../process/fault.ts';
import { readText } from '../process/input-file.ts';
import { FIELDS } from './fields.ts';
import type { LoadedConfig } from './load.ts';
import { originText } from './origin.ts';
import { inspectTls, type NamedFile } from './tls-files.ts';
import { getAt } from './tree.ts';

/** Problems and warnings about the files that a configuration names. */
export interface FileFindings {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Looks at every named file; reads those of TLS. */
export function inspectFiles({ config, originOf }: LoadedConfig): FileFindings {
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

function wideOpen(path: string, file: string, where: string | null): Problem[] {
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return [];
  return [
    {
      what: `${path}: ${file} holds a secret and other users may read it (mode 0${mode.toString(8)})`,
      where,
      remedy: `chmod 600 ${file}`,
    },
  ];
}

/** The text of a secret file without the line end, and a warning where others may read it. */
export function readSecret(
  file: string,
  what: string,
): { readonly secret: string; readonly warnings: readonly Problem[] } {
  const missing = 'name an existing file that this user may read';
  const text = readText(file, { where: what, missing, code: 'config' }).trim();
  if (text === '' || /\s/.test(text))
    throw new Fault('config', 'usage', [
      {
        what: `${what} ${file} does not hold one secret`,
        where: file,
        remedy: 'the file holds the secret alone, on one line',
      },
    ]);
  return { secret: text, warnings: wideOpen(what, file, null) };
}

/** Text of warnings for people. */
export function renderWarnings(warnings: readonly Problem[]): string {
  return warnings
    .map(({ what, where, remedy }) => `warning: ${what}${where === null ? '' : ` (${where})`}; ${remedy}\n`)
    .join('');
}
