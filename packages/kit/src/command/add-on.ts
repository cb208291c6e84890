import { existsSync } from 'node:fs';
import { fault } from '../index.ts';
import type { Fill } from './door.ts';
import { packageVersion } from './version.ts';

/** The command of an add-on, with the version of its package. */
interface LoadedAddOn {
  readonly fill: Fill;
  readonly version: string;
}

/**
 * The loader of a command that is a package by itself, for example `fleet` in `watchbill-fleet`. In the
 * sources it is a folder beside this file. A package that is missing, or has another version, is a usage
 * fault with the line that installs it.
 */
export function addOn(
  name: string,
  load: () => Promise<LoadedAddOn>,
  version = packageVersion(),
): () => Promise<Fill> {
  const what = `watchbill ${name} is in the add-on watchbill-${name}`;
  const remedy = `${installLine(name, version)} (from a clone: npm install -g "$(node scripts/pack.mjs --add-on ${name})")`;
  return async () => {
    const found = await load().catch((error: unknown) => {
      if (!isMissing(error, `watchbill-${name}`)) throw error;
      throw fault('add-on-missing', 'usage', { what: `${what}, which is not installed`, remedy }, error);
    });
    if (found.version === version) return found.fill;
    const versions = `${what}, which has version ${found.version}; this is watchbill ${version}`;
    throw fault('add-on-version', 'usage', { what: versions, remedy });
  };
}

/** The add-on goes beside the command: into the project that has it, or into npm's global folder. */
export function installLine(name: string, version: string, from = import.meta.url): string {
  const inProject = existsSync(new URL('../../../package.json', from));
  return `npm install${inProject ? '' : ' -g'} watchbill-${name}@${version}`;
}

/** True for the package itself, and false for a package that the add-on lacks. */
function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' && String(message).startsWith(`Cannot find package '${name}'`);
}
