// Keeps the compiled code of the command between two runs, so that the second one compiles less.

import module from 'node:module';
import { join } from 'node:path';

/**
 * Turns on the compile cache of Node in the cache folder of this user. Whoever can write there can change the
 * program, so a folder counts only if this user owns it and others cannot write to it. The command runs
 * without the cache if there is no such folder. `NODE_COMPILE_CACHE` and `NODE_DISABLE_COMPILE_CACHE` of Node
 * have their usual effect.
 */
export function keepCompiledCode() {
  const folder = compiledCodeFolder(process.env, process.getuid?.());
  if (folder !== null) module.enableCompileCache?.(folder);
}

/**
 * Makes the folder if it is missing; null if this user has none.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {number | undefined} user
 */
export function compiledCodeFolder({ XDG_CACHE_HOME, HOME }, user) {
  const home = XDG_CACHE_HOME || HOME;
  if (!home || user === undefined) return null;
  const folder = join(home, ...(XDG_CACHE_HOME ? [] : ['.cache']), 'watchbill', 'compiled');
  try {
    // Under sudo the home may be that of another user, who would get files of root.
    if (!isOwn(home, user)) return null;
    process.getBuiltinModule('node:fs').mkdirSync(folder, { recursive: true, mode: 0o700 });
    return isOwn(folder, user) ? folder : null;
  } catch {
    return null;
  }
}

function isOwn(folder, user) {
  const { statSync } = process.getBuiltinModule('node:fs');
  const { uid, mode } = statSync(folder);
  return uid === user && (mode & 0o022) === 0;
}
