// Installs Stryker, the mutation tester, outside the workspace: pinned by the lock file beside this
// script, installed without install scripts into the cache, in a folder named by the hash of that lock
// file.

import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, holds, inWorkFolder, publish } from '../build-cache.mjs';
import { runStep } from '../run-step.mjs';

const HERE = import.meta.dirname;
const PINS = ['package.json', 'package-lock.json'];
/** npm writes it after everything else. */
const MARKS = ['node_modules/.package-lock.json'];
const NPM_ARGUMENTS = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** Installs Stryker if it is not there yet. @returns {Promise<string>} the path of its command */
export async function installStryker() {
  const folder = cacheFolder('stryker', [
    ...PINS.map((name) => readFileSync(join(HERE, name))),
    JSON.stringify([process.platform, process.arch]),
  ]);
  if (!holds(folder, MARKS)) await install(folder);
  return join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js');
}

async function install(folder) {
  process.stderr.write(
    'mutate: installs Stryker from npm packages once: under a minute, 65 MB in the cache\n',
  );
  await inWorkFolder(folder, async (work) => {
    for (const name of PINS) copyFileSync(join(HERE, name), join(work, name));
    // npm_execpath names the npm in use; the one in the PATH may be another.
    const script = process.env.npm_execpath;
    const byScript = script !== undefined && /npm-cli\.[cm]?js$/.test(script);
    const [program, first] = byScript ? [process.execPath, [script]] : ['npm', []];
    await runStep(program, [...first, ...NPM_ARGUMENTS], { cwd: work, env: process.env });
    publish(work, folder, MARKS);
  });
}
