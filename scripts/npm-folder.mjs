// Tools that are far larger than the product stay outside the workspace: a lock file pins each, and npm
// installs it into the cache, in a folder named by the hash of that file.

import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, holds, inWorkFolder, publish } from './build-cache.mjs';
import { runStep } from './run-step.mjs';

const PINS = ['package.json', 'package-lock.json'];
/** npm writes it after everything else. */
const MARKS = ['node_modules/.package-lock.json'];
/** Nothing here may run code of a package while it is installed. */
const NPM_ARGUMENTS = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** @typedef {{ here: string, name: string, what: string }} Pinned
 * `here`: the folder of the lock file; `name`: of the folder in the cache; `what`: printed before npm */

/** The folder of the installation, whether it is there or not. @param {Pinned} pinned */
export function npmFolder({ here, name }) {
  return cacheFolder(name, [
    ...PINS.map((pin) => readFileSync(join(here, pin))),
    JSON.stringify([process.platform, process.arch]),
  ]);
}

/** @param {Pinned} pinned */
export function isInstalled(pinned) {
  return holds(npmFolder(pinned), MARKS);
}

/** Installs it if it is not there yet; settles to its folder. @param {Pinned} pinned */
export async function installPinned(pinned) {
  const folder = npmFolder(pinned);
  if (isInstalled(pinned)) return folder;
  process.stderr.write(`${pinned.what}\n`);
  await inWorkFolder(folder, async (work) => {
    for (const pin of PINS) copyFileSync(join(pinned.here, pin), join(work, pin));
    // npm_execpath names the npm in use; the one in the PATH may be another.
    const script = process.env.npm_execpath;
    const byScript = script !== undefined && /npm-cli\.[cm]?js$/.test(script);
    const [program, first] = byScript ? [process.execPath, [script]] : ['npm', []];
    await runStep(program, [...first, ...NPM_ARGUMENTS], { cwd: work, env: process.env });
    publish(work, folder, MARKS);
  });
  return folder;
}
