// npm start: set-up, then the demo with its live view. Arguments after `--` go to the demo.
// npm start -- --real: the same on real nodes, which are built first where they are not.

import { join } from 'node:path';
import { PINNED_NODE, ROOT, runInForeground } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
const args = process.argv.slice(2);
const real = args.includes('--real');
const main = real
  ? [join(ROOT, 'packages', 'testkit', 'src', 'scenario', 'main.ts')]
  : [join(ROOT, 'packages', 'watchbill', 'src', 'main.ts'), 'demo'];
process.exitCode = await runInForeground(PINNED_NODE, [...main, ...args.filter((each) => each !== '--real')]);
