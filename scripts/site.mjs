// Builds the documentation as a static site that needs no other host (docs/decisions/0079-site.md).
//
// npm run site                        into dist/site
// npm run site -- --out DIR           into DIR
// npm run site -- --base /v0.1/       for another path than /help/

import { join, resolve } from 'node:path';
import { readFlags } from './flags.mjs';
import { ROOT, underPinnedNode } from './pinned.mjs';
import { runBuild } from './run-build.mjs';
import { setUpOrExit } from './setup.mjs';

const { values } = readFlags(import.meta.url, {
  options: {
    out: { type: 'string', default: join(ROOT, 'dist/site') },
    base: { type: 'string', default: '/help/' },
  },
});
await setUpOrExit();
await underPinnedNode(import.meta.url);
const { buildSite } = await import('./site/build.mjs');
await runBuild({ what: 'the site', again: 'npm run site' }, async () => {
  const { pages, files, bytes } = await buildSite({ out: resolve(values.out), base: values.base });
  const megabytes = (bytes / 1_000_000).toFixed(1);
  process.stdout.write(`${resolve(values.out)}: ${pages} pages, ${files} files, ${megabytes} MB\n`);
});
