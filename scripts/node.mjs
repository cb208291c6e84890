// npm run node:build | node:spec | node:runtime: set-up, then the script of that name under the pinned Node.
// Plain JavaScript for Node 20 and later: it runs before anything is installed.

import { join } from 'node:path';
import { PINNED_NODE, ROOT, runInForeground } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

const [name = '', ...args] = process.argv.slice(2);
if (!['build', 'spec', 'runtime'].includes(name)) {
  console.error('npm run node:build, npm run node:spec or npm run node:runtime');
  process.exit(2);
}
await setUpOrExit();
process.exitCode = await runInForeground(PINNED_NODE, [join(ROOT, 'scripts/node', `${name}.mjs`), ...args]);
