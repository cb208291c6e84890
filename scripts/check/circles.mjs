// No circle of imports that keeps a reader from reading one part by itself. Imports of types count; files
// that only tests load do not.
//
// - Sibling folders of a package import each other in one direction, at every depth under packages/NAME/src.
//   For example, an import from `a/x/1.ts` to `a/y/2.ts` is one from `a/x` to `a/y`. Files directly in src
//   count as one folder, `.`, except src/index.ts: the entry of the package imports every folder. Deeper
//   down, loose files do not count: a folder's main file imports its parts, and they import its types.
// - At most four files import each other in a circle. A small one is, for example, a command and its run.
//
// node scripts/check/circles.mjs [FOLDER]

import { dirname, join } from 'node:path';
import { importsOf } from './module-imports.mjs';
import { main } from './ratchet.mjs';
import { filesOf, isTestOnly, textOf } from './sources.mjs';

const TESTKIT = 'packages/testkit/';
const MOST_FILES = 4;

/** Only tests load the testkit, but its own folders must have no circles either. */
function isLeftOut(file) {
  return isTestOnly(file.startsWith(TESTKIT) ? file.slice(TESTKIT.length) : file);
}

/**
 * For each importer what it imports, with one such import.
 * @typedef {Map<string, Map<string, string>>} Graph
 */

/** @returns {Graph} of files */
function graphOf(root) {
  const files = filesOf(root, 'packages/*/src/**/*.ts').filter((file) => !isLeftOut(file));
  const edgesOf = (file) =>
    importsOf(textOf(root, file))
      .filter((from) => from.startsWith('.'))
      .map((from) => [join(dirname(file), from), `${file} imports ${from}`])
      .filter(([target]) => !isLeftOut(target));
  return new Map(files.map((file) => [file, new Map(edgesOf(file))]));
}

/** @param {Graph} files @returns {Graph} of sibling folders */
function foldersOf(files) {
  const folders = new Map();
  for (const [file, edges] of files)
    for (const [target, line] of edges) {
      const [own, other] = siblings(file, target);
      if (own === undefined || other === undefined || own === other) continue;
      if (!folders.has(own)) folders.set(own, new Map());
      if (!folders.get(own).has(other)) folders.get(own).set(other, line);
    }
  return folders;
}

/** The two sibling folders that contain the two files; undefined for a file that does not count. */
function siblings(file, target) {
  const [own, other] = [file.split('/'), target.split('/')];
  const parting = own.findIndex((part, depth) => part !== other[depth]);
  return parting < 3 ? [] : [own, other].map((way) => endOf(way, parting));
}

function endOf(way, parting) {
  if (way.length > parting + 1) return way.slice(0, parting + 1).join('/');
  return parting === 3 && way[parting] !== 'index.ts' ? `${way.slice(0, parting).join('/')}/.` : undefined;
}

/** Sets of members that all reach each other. @param {Graph} graph @returns {string[][]} */
function circlesOf(graph) {
  const reached = new Map([...graph.keys()].map((member) => [member, reachableFrom(graph, member)]));
  const circles = [];
  for (const member of [...graph.keys()].sort()) {
    if (circles.some((members) => members.includes(member)) || !reached.get(member).has(member)) continue;
    circles.push([...reached.get(member)].filter((other) => reached.get(other)?.has(member)).sort());
  }
  return circles;
}

function reachableFrom(graph, member) {
  const reached = new Set();
  const open = [member];
  while (open.length > 0) {
    for (const next of graph.get(open.pop())?.keys() ?? []) {
      if (!reached.has(next)) open.push(next);
      reached.add(next);
    }
  }
  return reached;
}

/** A shortest circle through a member, as one import for each step. */
function shortestCircle(graph, start) {
  const ways = [{ at: start, lines: [] }];
  const seen = new Set();
  for (const { at, lines } of ways) {
    for (const [next, line] of graph.get(at) ?? []) {
      if (next === start) return [...lines, line];
      if (!seen.has(next)) ways.push({ at: next, lines: [...lines, line] });
      seen.add(next);
    }
  }
  return [];
}

/** Reads a tree. There is no baseline. */
export function run(root) {
  const files = graphOf(root);
  const folders = foldersOf(files);
  const found = [
    ...circlesOf(folders).map((members) => ({ graph: folders, members })),
    ...circlesOf(files)
      .filter((members) => members.length > MOST_FILES)
      .map((members) => ({ graph: files, members })),
  ];
  const lines = found.flatMap(({ graph, members }) => [
    `a circle: ${members.join(', ')}`,
    ...shortestCircle(graph, members[0]).map((line) => `  ${line}`),
  ]);
  return { exitCode: found.length === 0 ? 0 : 1, lines };
}

await main(import.meta.url, run);
