#!/usr/bin/env node
/**
 * Install chopsticks, which runs real runtimes without nodes, for the tests; they bring their own databases.
 *
 *   node scripts/chopsticks/install.mjs            install if needed, print the folder
 *   node scripts/chopsticks/install.mjs --where    print the folder if it exists, else end with 1
 */
import { installPinned, isInstalled } from '../npm-folder.mjs';
import { runBuild } from '../run-build.mjs';

const CHOPSTICKS = {
  here: import.meta.dirname,
  name: 'chopsticks',
  what: 'chopsticks is installed once from npm packages: 1 to 3 minutes, 350 MB in the cache',
};

async function main() {
  if (process.argv.includes('--where') && !isInstalled(CHOPSTICKS)) {
    process.stderr.write('chopsticks is not installed yet; run: node scripts/chopsticks/install.mjs\n');
    return 1;
  }
  process.stdout.write(`${await installPinned(CHOPSTICKS)}\n`);
  return 0;
}

if (process.argv[1] === import.meta.filename)
  await runBuild({ what: 'chopsticks', again: 'node scripts/chopsticks/install.mjs' }, main);
