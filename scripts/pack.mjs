// Packs the npm package `watchbill` and prints the path of its tarball.
//
// node scripts/pack.mjs [folder]   into packages/cli/dist unless another folder is named

import { join, resolve } from 'node:path';
import { ROOT, underPinnedNode } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

setUpOrExit();
await underPinnedNode(import.meta.url);
const { pack } = await import('./pack-package.mjs');
console.log(await pack(resolve(process.argv[2] ?? join(ROOT, 'packages/cli/dist'))));
