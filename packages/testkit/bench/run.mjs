// npm run bench: set-up, then one bench under the pinned Node. `npm run bench -- --help` tells the rest.
// Plain JavaScript for Node 20 and later: it runs before anything is installed.

import { onceAbandoned, underPinnedNode } from '../../../scripts/pinned.mjs';
import { setUpOrExit } from '../../../scripts/setup.mjs';

await setUpOrExit();
await underPinnedNode(import.meta.url);
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2), onceAbandoned);
