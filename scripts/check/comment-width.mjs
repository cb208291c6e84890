// A comment line is at most 110 columns wide. The formatter enforces that limit for code, but it does not
// break comments. The count of wide lines in each package may only go down. Not counted: directives for tools
// (`biome-ignore`), which must stay on one line, and lines that consist of one long word, such as a link.
//
// node scripts/check/comment-width.mjs [FOLDER] [--update | --init]

import { newLines } from './changes.mjs';
import { main, runRatchet, sum } from './ratchet.mjs';
import { filesOf, lineAt, piecesOf, textOf } from './sources.mjs';

const PATTERNS = ['packages/**/*.{ts,mjs}', '{test,scripts}/**/*.{ts,mjs}'];
const WIDTH = 110;
const SHOWN = 20;
const UNBREAKABLE = /biome-ignore|@ts-|^\W*\S+\W*$/;

/** The package or the folder at the root that a file belongs to. */
function groupOf(file) {
  return file
    .split('/')
    .slice(0, file.startsWith('packages/') ? 2 : 1)
    .join('/');
}

/** Numbers of the lines on which a comment passes the last column. */
export function wideLines(source) {
  if (!source.split('\n').some((line) => line.length > WIDTH)) return [];
  const wide = new Set();
  for (const { kind, start, end } of piecesOf(source)) {
    if (kind !== 'comment') continue;
    const lines = source.slice(source.lastIndexOf('\n', start) + 1, end).split('\n');
    for (const [nth, line] of lines.entries())
      if (line.length > WIDTH && !UNBREAKABLE.test(line)) wide.add(lineAt(source, start) + nth);
  }
  return [...wide];
}

/** The count of each package. */
export function measure(root) {
  const places = new Map();
  for (const file of filesOf(root, PATTERNS)) {
    const lines = wideLines(textOf(root, file)).map((line) => ({ file, line }));
    if (lines.length > 0) places.set(groupOf(file), [...(places.get(groupOf(file)) ?? []), ...lines]);
  }
  const entries = Object.fromEntries([...places].map(([group, lines]) => [group, lines.length]));
  return {
    entries,
    summary: (baseline) =>
      `comment width: ${sum(entries)} comment lines over ${WIDTH} columns (baseline ${sum(baseline)})`,
    explain: (key) => explain(root, places.get(key)),
  };
}

/** The lines that are new against the last commit, else the first ones. */
function explain(root, places) {
  const isNew = newLines(root);
  const fresh = places.filter(({ file, line }) => isNew(file, line));
  const shown = (fresh.length > 0 ? fresh : places).slice(0, SHOWN);
  return [...shown.map(({ file, line }) => `  ${file}:${line}`), `  break it before column ${WIDTH + 1}`];
}

/** Measures a tree and compares it with its baseline. */
export function run(root, flags) {
  return runRatchet({ name: 'comment-width', measure }, root, flags);
}

await main(import.meta.url, run);
