// Makes the files of a release page, from a clean checkout, and prints the commands that publish them. It
// publishes no file. Its only network is the registry of npm, and that of Debian for images.
//
// npm run release                                              without test node, images and signature
// npm run release -- --with-node --with-image --sign-key key   all files, signed
//
//   --sign-key FILE   signs SHA256SUMS with a secret key of `minisign -G -W`
//   --out FOLDER      dist/release by default; its content is replaced
//   --allow-dirty     for trials: the version ends with -dirty
//   --with-node       adds the gated test node, which needs Rust: 10 to 20 minutes the first time
//   --with-image      adds the images, and a compose file and a chart that name them; needs buildah
//   --registry NAME   the registry to which you will copy the images; registry.example.org by default

import { join, resolve } from 'node:path';
import { readFlags } from './flags.mjs';
import { ROOT, underPinnedNode } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

const { values } = readFlags(import.meta.url, {
  options: {
    'sign-key': { type: 'string' },
    out: { type: 'string', default: join(ROOT, 'dist/release') },
    'allow-dirty': { type: 'boolean', default: false },
    registry: { type: 'string', default: 'registry.example.org' },
    'with-image': { type: 'boolean', default: false },
    'with-node': { type: 'boolean', default: false },
  },
});
await setUpOrExit();
await underPinnedNode(import.meta.url);
const { release } = await import('./release/release.mjs');
try {
  await release(resolve(values.out), values);
} catch (error) {
  console.error(`no release: ${error.message}`);
  process.exitCode = 1;
}
