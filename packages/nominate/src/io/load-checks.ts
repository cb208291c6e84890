import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '@watchbill/kit';
import { customCheck } from '../checks/custom.ts';
import type { LoadedModule } from '../rounds/start.ts';
import { MODULE_LIMITS, type ModuleLimits, openCheckThread } from './check-thread.ts';

export type CheckLoad =
  | { readonly ok: true; readonly module: LoadedModule }
  | { readonly ok: false; readonly file: string; readonly why: string };

/**
 * Loads a custom check module from a file that exports `check`, with the SHA-256 of that file. The digest
 * does not cover imports, so the module should have none. The file is code and runs with all rights of this
 * process, in a separate thread: load only files of the programme. A call that exceeds its time limit is
 * `unknown`. Only this part of the package is not pure.
 */
export async function loadCheck(file: string, limits: Partial<ModuleLimits> = {}): Promise<CheckLoad> {
  try {
    const sha256 = await digestOfFile(file);
    const whole = async () => (await digestOfFile(file)) === sha256;
    const thread = await openCheckThread(pathToFileURL(file).href, whole, { ...MODULE_LIMITS, ...limits });
    const read = customCheck(thread.exported);
    if (read.ok) return { ok: true, module: { check: read.check, sha256, file: resolve(file) } };
    await thread.close();
    return { ok: false, file, why: read.why };
  } catch (error) {
    const why = `it cannot be loaded: ${messageOf(error)}`;
    return { ok: false, file, why };
  }
}

async function digestOfFile(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
