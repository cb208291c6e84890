#!/usr/bin/env node
/**
 * Install chopsticks, which runs real runtimes without nodes, for the tests. It is far larger than all that
 * the product needs, so it stays outside the workspace: pinned by the lock file beside this script, installed
 * by `npm ci` without install scripts into the cache, in a folder named by the hash of that lock file.
 *
 *   node scripts/chopsticks/install.mjs            install if needed, print the folder
 *   node scripts/chopsticks/install.mjs --where    print the folder if it exists, else end with 1
 */
import { copyFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, holds, inWorkFolder, publish } from '../build-cache.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const PINS = ['package.json', 'package-lock.json'];
/** Written by npm after everything else. */
const MARKS = ['node_modules/.package-lock.json'];
/** The tests bring their own databases, and nothing here may run code of a package while it is installed. */
const NPM_ARGUMENTS = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

export function chopsticksFolder() {
  return cacheFolder('chopsticks', [
    ...PINS.map((name) => readFileSync(join(HERE, name))),
    JSON.stringify([process.platform, process.arch]),
  ]);
}

export function isInstalled() {
  return holds(chopsticksFolder(), MARKS);
}

/** Installs chopsticks where it is not there yet; settles to its folder. */
export async function installChopsticks() {
  const folder = chopsticksFolder();
  if (isInstalled()) return folder;
  process.stderr.write(
    'chopsticks is installed once from npm packages: 1 to 3 minutes, 350 MB in the cache\n',
  );
  await inWorkFolder(folder, async (work) => {
    for (const name of PINS) copyFileSync(join(HERE, name), join(work, name));
    // Under `npm test` the npm in use is named by npm_execpath; it need not be the one in the PATH.
    const script = process.env.npm_execpath;
    const byScript = script !== undefined && /npm-cli\.[cm]?js$/.test(script);
    const [program, first] = byScript ? [process.execPath, [script]] : ['npm', []];
    await runStep(program, [...first, ...NPM_ARGUMENTS], { cwd: work, env: process.env });
    publish(work, folder, MARKS);
  });
  return folder;
}

async function main() {
  if (process.argv.includes('--where') && !isInstalled()) {
    process.stderr.write('chopsticks is not installed yet; run: node scripts/chopsticks/install.mjs\n');
    return 1;
  }
  process.stdout.write(`${await installChopsticks()}\n`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBuild({ what: 'chopsticks', again: 'node scripts/chopsticks/install.mjs' }, main);
}
