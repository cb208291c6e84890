import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { customCheck } from '../checks/custom.ts';
import type { LoadedModule } from '../rounds/start.ts';

export type CheckLoad =
  | { readonly ok: true; readonly module: LoadedModule }
  | { readonly ok: false; readonly file: string; readonly why: string };

/**
 * Loads a module of a programme's own from a file that exports `check`, with the SHA-256 of that file; what it imports
 * is not in it, so it should import nothing. The file is code and runs with all rights of this process: load only what
 * the programme itself wrote. Not pure; everything else of the package is.
 */
export async function loadCheck(file: string): Promise<CheckLoad> {
  let exported: { readonly check?: unknown };
  let sha256: string;
  try {
    sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    exported = (await import(pathToFileURL(file).href)) as { readonly check?: unknown };
  } catch (error) {
    return {
      ok: false,
      file,
      why: `it cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  const read = customCheck(exported.check);
  return read.ok ? { ok: true, module: { check: read.check, sha256 } } : { ok: false, file, why: read.why };
}
