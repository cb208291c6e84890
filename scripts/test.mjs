// npm test: set-up, then the tiers. `npm test -- --help` tells the rest.
// Plain JavaScript for Node 20 and later: it runs before anything is installed.

import { underPinnedNode } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

setUpOrExit();
await underPinnedNode(import.meta.url);
const { runTiers } = await import('./run-tiers.mjs');
process.exitCode = await runTiers();
