// Searches a built site as its search box does.
//
// node scripts/site/find.mjs FOLDER QUERY...     one line of JSON per query: the addresses, best first

import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { installPinned } from '../npm-folder.mjs';
import { SITE } from './build.mjs';
import { SEARCH } from './vitepress/search.mjs';

const [folder, ...queries] = process.argv.slice(2);
const MiniSearch = createRequire(join(await installPinned(SITE), 'package.json'))('minisearch');
const [chunk] = globSync('assets/chunks/@localSearchIndexroot.*.js', { cwd: folder });
const module = readFileSync(resolve(folder, chunk), 'utf8');
const { default: index } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
const search = MiniSearch.loadJSON(index, SEARCH);
for (const query of queries) {
  const found = search.search(query).slice(0, 8);
  process.stdout.write(`${JSON.stringify(found.map(({ id }) => id))}\n`);
}
