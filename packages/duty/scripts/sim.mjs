// npm run sim: simulates the permission service in virtual time; `npm run sim -- --help` lists the options.
// npm run sim -- --mutations: breaks the code on purpose, one change at a time, and prints which ones are
// noticed.

import { join } from 'node:path';
import { PINNED_NODE, ROOT, runInForeground } from '../../../scripts/pinned.mjs';

const args = process.argv.slice(2);
const folder = join(ROOT, 'packages', 'duty', 'test', 'simulation');
const main = args.includes('--mutations')
  ? join(folder, 'mutations', 'main.ts')
  : join(folder, 'run', 'main.ts');
process.exitCode = await runInForeground(PINNED_NODE, [
  main,
  ...args.filter((each) => each !== '--mutations'),
]);
