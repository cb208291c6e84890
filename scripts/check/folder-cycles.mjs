// No cycle between the folders of a package: sibling folders import each other in one direction, types
// included.
//
// The check compares sibling folders at every depth under packages/NAME/src. For example, an import from
// `a/x/1.ts` to `a/y/2.ts` is an edge from `a/x` to `a/y`. Files directly in src count as one folder, `.`;
// src/index.ts does not count, because it is the entry of the package and imports every folder. Deeper down,
// loose files do not count: a folder's main file imports its parts, and the parts import its types. Files
// that only tests load do not count.
//
// node scripts/check/folder-cycles.mjs [FOLDER]

import { dirname, join } from 'node:path';
import { importsOf } from './module-imports.mjs';
import { main, runRatchet } from './ratchet.mjs';
import { filesOf, isTestOnly, textOf } from './sources.mjs';

const TESTKIT = 'packages/testkit/';

/** Only tests load the testkit, but its own folders must have no cycles either. */
export function isLeftOut(file) {
  return isTestOnly(file.startsWith(TESTKIT) ? file.slice(TESTKIT.length) : file);
}

/** Each folder that is in a cycle, with the first folder of that cycle. */
export function measure(root) {
  const graphs = graphsOf(root);
  const cycles = [...graphs.values()].flatMap((graph) =>
    cyclesOf(graph).map((members) => ({ graph, members })),
  );
  const entries = Object.fromEntries(
    cycles.flatMap(({ members }) => members.map((member) => [member, members[0]])),
  );
  return {
    entries,
    summary: () => `folder cycles: ${cycles.length}`,
    explain: (key) => {
      const { graph } = cycles.find(({ members }) => members.includes(key));
      return shortestCycle(graph, key).map((line) => `  ${line}`);
    },
  };
}

/** For each parent folder the imports between its folders: importer, imported folder, and one such import. */
function graphsOf(root) {
  const graphs = new Map();
  for (const file of filesOf(root, 'packages/*/src/**/*.ts')) {
    if (isLeftOut(file)) continue;
    for (const from of importsOf(textOf(root, file))) {
      const target = join(dirname(file), from);
      const ends = from.startsWith('.') && !isLeftOut(target) ? siblings(file, target) : undefined;
      if (ends === undefined) continue;
      const graph = ensure(graphs, dirname(ends[0]), () => new Map());
      const edges = ensure(graph, ends[0], () => new Map());
      ensure(edges, ends[1], () => `${file} imports ${from}`);
    }
  }
  return graphs;
}

function ensure(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}

/** The two sibling folders that contain the two files, if there are two. */
function siblings(file, target) {
  const [own, other] = [file.split('/'), target.split('/')];
  const parting = own.findIndex((part, depth) => part !== other[depth]);
  if (parting < 3) return undefined;
  const ends = [own, other].map((way) => endOf(way, parting));
  return ends.includes(undefined) || ends[0] === ends[1] ? undefined : ends;
}

function endOf(way, parting) {
  if (way.length > parting + 1) return way.slice(0, parting + 1).join('/');
  return parting === 3 && way[parting] !== 'index.ts' ? `${way.slice(0, parting).join('/')}/.` : undefined;
}

/** Sets of folders that all reach each other. */
export function cyclesOf(graph) {
  const reached = new Map([...graph.keys()].map((folder) => [folder, reachableFrom(graph, folder)]));
  const cycles = [];
  for (const folder of [...graph.keys()].sort()) {
    if (cycles.some((members) => members.includes(folder)) || !reached.get(folder).has(folder)) continue;
    cycles.push([...reached.get(folder)].filter((other) => reached.get(other)?.has(folder)).sort());
  }
  return cycles;
}

function reachableFrom(graph, folder) {
  const reached = new Set();
  const open = [folder];
  while (open.length > 0) {
    for (const next of graph.get(open.pop())?.keys() ?? []) {
      if (!reached.has(next)) open.push(next);
      reached.add(next);
    }
  }
  return reached;
}

/** A shortest cycle through a folder, as one import for each step. */
export function shortestCycle(graph, start) {
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

/** Refuses each cycle: there is no baseline. */
export function refuseCycles(_baseline, measured) {
  const groups = Map.groupBy(Object.keys(measured), (member) => measured[member]);
  const worse = [...groups].map(([first, members]) => ({
    key: first,
    line: `a cycle: ${members.sort().join(', ')}`,
  }));
  return { worse, better: [] };
}

/** Measures a tree. */
export function run(root, flags) {
  const ratchet = { name: 'folder-cycles', measure, compare: refuseCycles, optional: true };
  return runRatchet(ratchet, root, flags);
}

await main(import.meta.url, run);
