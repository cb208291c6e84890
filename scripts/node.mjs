// npm run node:build | node:spec | node:runtime | relay:build | collator:build | gate:lines | gate:port:
// set-up, then the script of that name under the pinned Node.
// Plain JavaScript for Node 20 and later: it runs before anything is installed.

import { join } from 'node:path';
import { PINNED_NODE, ROOT, runInForeground } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

const [name = '', ...args] = process.argv.slice(2);
const SCRIPTS = {
  build: ['node/build.mjs', 'devnode'],
  spec: ['node/spec.mjs'],
  runtime: ['node/runtime.mjs'],
  relay: ['node/build.mjs', 'relay'],
  collator: ['node/build.mjs', 'collator'],
  lines: ['node/sdk-lines.mjs', '--write'],
  port: ['node/port.mjs'],
};
if (!Object.hasOwn(SCRIPTS, name)) {
  console.error(
    'npm run node:build | node:spec | node:runtime | relay:build | collator:build | gate:lines | gate:port',
  );
  process.exit(2);
}
await setUpOrExit();
const [script, ...first] = SCRIPTS[name];
process.exitCode = await runInForeground(PINNED_NODE, [join(ROOT, 'scripts', script), ...first, ...args]);
