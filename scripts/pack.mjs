// Packs an npm package and prints the path of its tarball.
//
// node scripts/pack.mjs [folder]                 `watchbill`; without a folder into packages/watchbill/dist
// node scripts/pack.mjs --add-on fleet [folder]  an add-on: fleet, nominate or coordinate

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, underPinnedNode } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
await underPinnedNode(import.meta.url);
const { pack } = await import('./pack/package.mjs');
const { values, positionals } = parseArgs({
  options: { 'add-on': { type: 'string' } },
  allowPositionals: true,
});
console.log(await pack(resolve(positionals[0] ?? join(ROOT, 'packages/watchbill/dist')), values['add-on']));
