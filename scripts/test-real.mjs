// npm run test:real: the tiers that use other programs. `npm run test:real -- --help` prints the flags.
// Plain JavaScript for Node 20 and later: it runs before anything is installed.

import { underPinnedNode } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
await underPinnedNode(import.meta.url);
const { runTiers } = await import('./tests/run-tiers.mjs');
const { REAL_TIERS } = await import('./tests/real-tiers.mjs');
process.exitCode = await runTiers('real', REAL_TIERS);
