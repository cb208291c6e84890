import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { SecretEntry } from '../../file/secret-names/index.ts';

/**
 * Whether a folder of secrets (`SECRET/ENTRY`, as `local up --local` takes it) has an entry with something in
 * it.
 */
export function inFolder(folder: string, { secret, entry }: SecretEntry): boolean {
  const found = statSync(join(folder, secret, entry), { throwIfNoEntry: false });
  return found?.isFile() === true && found.size > 0;
}
