// npm start: set-up, then the demo with its live view. Arguments after `--` go to the demo.

import { join } from 'node:path';
import { PINNED_NODE, ROOT, runInForeground } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

setUpOrExit();
const main = join(ROOT, 'packages', 'cli', 'src', 'main.ts');
process.exitCode = await runInForeground(PINNED_NODE, [main, 'demo', ...process.argv.slice(2)]);
