#!/usr/bin/env node
/**
 * Install chopsticks, which runs real runtimes without nodes, for the tests. It is far larger than all that the product
 * needs, so it stays outside the workspace: pinned by the lock file beside this script, installed by `npm ci` without
 * install scripts into the cache, in a folder named by the hash of that lock file.
 *
 *   node scripts/chopsticks/install.mjs            install if needed, print the folder
 *   node scripts/chopsticks/install.mjs --where    print the folder if it is there, else say so and end with 1
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, holds, publish, runStep } from '../build-cache.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const PINS = ['package.json', 'package-lock.json'];
/** Written by npm after everything else. */
const MARKS = ['node_modules/.package-lock.json'];
const INSTALL_TIMEOUT_MS = 15 * 60_000;
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
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}.building-`);
  const remove = () => rmSync(work, { recursive: true, force: true });
  process.once('exit', remove);
  for (const name of PINS) copyFileSync(join(HERE, name), join(work, name));
  // Under `npm test` the npm in use is named by npm_execpath; it need not be the one in the PATH.
  const script = process.env.npm_execpath;
  const byScript = script !== undefined && /npm-cli\.[cm]?js$/.test(script);
  const [program, first] = byScript ? [process.execPath, [script]] : ['npm', []];
  await runStep(program, [...first, ...NPM_ARGUMENTS], {
    cwd: work,
    env: process.env,
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  publish(work, folder, MARKS);
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
  try {
    process.exitCode = await main();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`chopsticks was not installed: ${why}\n`);
    process.exitCode = 1;
  }
}
