import { statSync } from 'node:fs';
import { Fault, type Problem } from '../index.ts';
import { readText } from './input-file.ts';

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
        what: `${what} ${file} must contain one secret, on one line`,
        where: file,
        remedy: 'write the secret alone into the file',
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

/** A warning if other users may read the file of a field. */
export function wideOpen(path: string, file: string, where: string | null): Problem[] {
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
