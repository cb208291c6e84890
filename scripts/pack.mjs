// Packs an npm package and prints the path of its tarball.
//
// node scripts/pack.mjs [folder]                 `watchbill`; without a folder into packages/watchbill/dist
// node scripts/pack.mjs --add-on fleet [folder]  an add-on: fleet, nominate or coordinate

import { join, resolve } from 'node:path';
import { readFlags } from './flags.mjs';
import { ROOT, underPinnedNode } from './pinned.mjs';
import { runBuild } from './run-build.mjs';
import { setUpOrExit } from './setup.mjs';

const { values, positionals } = readFlags(import.meta.url, {
  options: { 'add-on': { type: 'string' } },
  allowPositionals: true,
});
await setUpOrExit();
await underPinnedNode(import.meta.url);
const { pack } = await import('./pack/package.mjs');
await runBuild({ what: 'the package', again: 'node scripts/pack.mjs' }, async () => {
  const folder = resolve(positionals[0] ?? join(ROOT, 'packages/watchbill/dist'));
  console.log(await pack(folder, values['add-on']));
});
