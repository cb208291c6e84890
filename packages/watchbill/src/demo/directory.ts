import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';

/**
 * The folder of one run, for ledger, records and logs: the given one, which must be empty and is kept, or a
 * temporary one. `clear` removes the temporary one, and answers whether it did.
 */
export function openWorkplace(given: string | undefined) {
  if (given === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'watchbill-demo-'));
    const clear = (): boolean => {
      rmSync(directory, { recursive: true, force: true });
      return true;
    };
    return { directory, clear };
  }
  const directory = resolve(given);
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw usageFault(
      'the folder of a demonstration must be empty',
      'name an empty or a new folder',
      directory,
    );
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return { directory, clear: () => false };
}
