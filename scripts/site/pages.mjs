// The pages of the site: all of docs/, and each page of the repository to which one of them leads.

import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { ROOT } from '../pinned.mjs';

const LINK = /(!?)\[((?:`[^`]*`|\[[^\][]*\]|[^[\]`])*)\]\(([^()\s]+)\)/g;
const CODE = /^([ \t]*)(```|~~~)[\s\S]*?^\1\2[ \t]*$/gm;

/** A page: `file` from the root of the repository, `site` from the root of the site.
 * @typedef {{ file: string, site: string, title: string, text: string }} Page */

/** @returns {readonly Page[]} sorted by file */
export function readPages() {
  const files = new Set(globSync('docs/**/*.md', { cwd: ROOT }));
  for (const file of files) for (const path of linksOf(file)) if (path?.endsWith('.md')) files.add(path);
  const sorted = [...files].sort();
  return [...sorted.map((file) => pageOf(file, files)), listOfDecisions(sorted)];
}

/** The images of docs/, with their places on the site. */
export function readImages() {
  return globSync('docs/**/*.{png,svg}', { cwd: ROOT }).map((from) => ({ from, to: siteOf(from) }));
}

/** The text of a page without its blocks of code. */
export function proseOf(text) {
  return text.replace(CODE, '');
}

function pageOf(file, files) {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const site = siteOf(file);
  return { file, site, title: titleOf(text) ?? basename(file, '.md'), text: rewritten(text, file, files) };
}

/** `docs/` is the root of the site. Other pages are for people who judge the code. */
function siteOf(file) {
  const path = file.startsWith('docs/') ? file.slice('docs/'.length) : `inside/${file}`;
  return path.replace(/README\.md$/, 'index.md');
}

function titleOf(text) {
  return /^# (.+)$/m.exec(proseOf(text))?.[1].replaceAll('`', '');
}

/** The files to which a page leads, in prose. */
function linksOf(file) {
  if (!file.endsWith('.md') || !existsSync(join(ROOT, file))) return [];
  const text = proseOf(readFileSync(join(ROOT, file), 'utf8'));
  return [...text.matchAll(LINK)].map(([, mark, , target]) =>
    mark === '!' ? undefined : pathOf(file, target),
  );
}

/** The file of the repository that a link leads to; undefined for another host and the page itself. */
function pathOf(file, target) {
  const [path] = target.split('#');
  if (path === '' || /^[a-z][a-z+.-]*:/i.test(target)) return undefined;
  const found = posix.join(posix.dirname(file), decodeURIComponent(path)).replace(/\/$/, '');
  const isFolder = statSync(join(ROOT, found), { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder && existsSync(join(ROOT, found, 'README.md')) ? `${found}/README.md` : found;
}

/** Links between pages follow them; a link to another file of the repository becomes plain text. */
function rewritten(text, file, files) {
  const parts = [];
  let end = 0;
  const prose = (part) =>
    part.replace(LINK, (whole, mark, words, target) => {
      const path = pathOf(file, target);
      if (path === undefined) return whole;
      const [, anchor] = target.split('#');
      const isHere = mark === '!' || files.has(path);
      const to = path === 'docs/decisions' ? 'decisions/index.md' : isHere ? siteOf(path) : null;
      if (to === null) return words;
      const way = posix.relative(posix.dirname(siteOf(file)), to);
      return `${mark}[${words}](${way.startsWith('.') ? way : `./${way}`}${anchor === undefined ? '' : `#${anchor}`})`;
    });
  for (const { index, 0: code } of text.matchAll(CODE)) {
    parts.push(prose(text.slice(end, index)), code.replace(/^([ \t]*)```promql/, '$1```text'));
    end = index + code.length;
  }
  return [...parts, prose(text.slice(end))].join('');
}

function listOfDecisions(files) {
  const decisions = files.filter((file) => dirname(file) === 'docs/decisions');
  const lines = decisions.map((file) => {
    const title = titleOf(readFileSync(join(ROOT, file), 'utf8'));
    return `- [${title}](./${basename(file)})`;
  });
  const text = `# Decisions\n\nEach page records what was chosen and rejected.\n\n${lines.join('\n')}\n`;
  return { file: 'docs/decisions/README.md', site: 'decisions/index.md', title: 'Decisions', text };
}
