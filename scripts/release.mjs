// Makes the files of a release page, from a clean checkout, and prints the commands that publish them. It
// publishes no file, and uses no network except the registry of npm.
//
// npm run release -- [--sign-key FILE] [--out FOLDER] [--allow-dirty] [--with-node] [--with-image]
//                [--registry NAME]
//
//   --sign-key FILE   signs SHA256SUMS with a secret key of `minisign -G -W`
//   --out FOLDER      dist/release by default; its content is replaced
//   --allow-dirty     for trials: the version ends with -dirty
//   --with-node       adds the gated test node, which needs Rust: 10 to 20 minutes the first time
//   --with-image      adds the images, and a compose file and a chart that name them; needs buildah
//   --registry NAME   the registry to which you will copy the images; registry.example.org by default

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, underPinnedNode } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
await underPinnedNode(import.meta.url);
const { values } = parseArgs({
  options: {
    'sign-key': { type: 'string' },
    out: { type: 'string', default: join(ROOT, 'dist/release') },
    'allow-dirty': { type: 'boolean', default: false },
    registry: { type: 'string', default: 'registry.example.org' },
    'with-image': { type: 'boolean', default: false },
    'with-node': { type: 'boolean', default: false },
  },
});
const { release } = await import('./release/release.mjs');
try {
  await release(resolve(values.out), values);
} catch (error) {
  console.error(`no release: ${error.message}`);
  process.exitCode = 1;
}
