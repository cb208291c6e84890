// npm test: set-up, then the tiers that need Node and npm alone. `npm test -- --help` prints the flags.
// Plain JavaScript for Node 20 and later: it runs before anything is installed.

import { underPinnedNode } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
await underPinnedNode(import.meta.url);
const { runTiers } = await import('./tests/run-tiers.mjs');
const { TIERS } = await import('./tests/tiers.mjs');
process.exitCode = await runTiers('quick', TIERS);
