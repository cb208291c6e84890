// Writes the folders `reference` of docs/ from the code that it describes.
//
// node scripts/generate.mjs           writes every page
// node scripts/generate.mjs --check   writes nothing; names each page that is stale and exits 1

import { underPinnedNode } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
await underPinnedNode(import.meta.url);
const { generate } = await import('./reference/generate.mjs');
process.exitCode = await generate(process.argv.slice(2));
