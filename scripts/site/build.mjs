// One build: the pages are copied with their links rewritten, VitePress renders the copy, and the result
// replaces the output folder.

import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installPinned } from '../npm-folder.mjs';
import { packagesOf } from '../pack/licences.mjs';
import { ROOT } from '../pinned.mjs';
import { barsOf, readDoors } from './doors.mjs';
import { readImages, readPages } from './pages.mjs';
import { documentsOf } from './sections.mjs';
import { SEARCH } from './vitepress/search.mjs';

/** The pinned generator. */
export const SITE = {
  here: import.meta.dirname,
  name: 'site',
  what: 'site: installs VitePress from npm packages once: under a minute, 100 MB in the cache',
};

/**
 * Builds the site into `out`, which it replaces.
 * @param {{ out: string, base: string }} options
 * @returns {Promise<{ pages: number, files: number, bytes: number, bundled: Bundled[] }>}
 * @typedef {import('../pack/licences.mjs').Bundled} Bundled
 */
export async function buildSite({ out, base }) {
  const folder = await installPinned(SITE);
  const work = mkdtempSync(join(tmpdir(), 'watchbill-site-'));
  try {
    const pages = readPages();
    await stage({ work, folder, base, pages });
    const { build } = await load(folder, 'vitepress');
    await build(work, { outDir: join(work, 'out'), logLevel: 'warn' });
    rmSync(out, { recursive: true, force: true });
    mkdirSync(dirname(out), { recursive: true });
    cpSync(join(work, 'out'), out, { recursive: true });
    const files = globSync('**/*', { cwd: out, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
    return { pages: pages.length, files: files.length, bytes, bundled: bundledOf(folder, work) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The theme of VitePress without fonts. It is written here: this repository has no VitePress to import. */
const THEME = `import Theme from 'vitepress/theme-without-fonts';
import './style.css';
export default Theme;
`;

/** Writes everything that VitePress reads. */
async function stage({ work, folder, base, pages }) {
  const doors = readDoors(pages);
  const { default: MiniSearch } = await load(folder, 'minisearch');
  const index = new MiniSearch(SEARCH);
  index.addAll(documentsOf(pages, doors, base));
  for (const { site, text } of pages) write(join(work, site), text);
  for (const { from, to } of readImages()) cpSync(join(ROOT, from), join(work, to));
  cpSync(join(import.meta.dirname, 'vitepress'), join(work, '.vitepress'), { recursive: true });
  cpSync(join(import.meta.dirname, 'vitepress/early.js'), join(work, 'public/early.js'));
  const { version } = JSON.parse(readFileSync(join(ROOT, 'packages/watchbill/package.json'), 'utf8'));
  const data = { base, version, ...barsOf(doors), index: JSON.stringify(index) };
  write(join(work, '.vitepress/data.json'), JSON.stringify(data));
  write(join(work, '.vitepress/theme/index.mjs'), THEME);
  symlinkSync(join(folder, 'node_modules'), join(work, 'node_modules'));
}

/** The packages whose code the pages run. */
function bundledOf(folder, work) {
  const modules = JSON.parse(readFileSync(join(work, '.vitepress/modules.json'), 'utf8'));
  const { packages } = JSON.parse(readFileSync(join(import.meta.dirname, 'package-lock.json'), 'utf8'));
  const files = modules.filter((path) => path.startsWith(folder)).map((path) => relative(folder, path));
  return packagesOf(files, folder).map((one) => ({ ...one, integrity: packages[one.path].integrity }));
}

async function load(folder, name) {
  const { exports, module, main } = JSON.parse(
    readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'),
  );
  const entry = exports['.'].import?.default ?? exports['.'].import ?? exports['.'].default ?? module ?? main;
  return import(pathToFileURL(join(folder, 'node_modules', name, entry)).href);
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
