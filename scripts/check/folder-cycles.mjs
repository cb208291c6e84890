// No cycle between the folders of a package: sibling folders import each other in one direction, types
// included. Cycles that existed before this check are in the baseline. They may shrink, but not grow.
//
// The check compares sibling folders at every depth under packages/NAME/src. For example, an import from
// `a/x/1.ts` to `a/y/2.ts` is an edge from `a/x` to `a/y`. Files directly in src count as one folder, `.`;
// src/index.ts does not count, because it is the entry of the package and imports every folder. Deeper down,
// loose files do not count: a folder's main file imports its parts, and the parts import its types. Files
// that only tests load do not count.
//
// node scripts/check/folder-cycles.mjs [FOLDER] [--update | --init]

import { existsSync } from 'node:fs';
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
    summary: (baseline) =>
      `folder cycles: ${cycles.length} with ${Object.keys(entries).length} folders ` +
      `(baseline ${groupsOf(baseline).length} with ${Object.keys(baseline).length})`,
    explain: (key) => {
      const { graph } = cycles.find(({ members }) => members.includes(key));
      return shortestCycle(graph, key).map((line) => `  ${line}`);
    },
  };
}

/**
 * For each parent folder the imports between its folders: importer, imported folder, and one import as an
 * example.
 */
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

/** A cycle may lose folders, and a folder in it may be renamed. A folder that joins a cycle is worse. */
export function compareCycles(root, baseline, measured) {
  const allowed = groupsOf(baseline);
  const kept = new Set();
  const worse = [];
  const better = [];
  for (const members of groupsOf(measured)) {
    const origin = allowed.find((group) => !kept.has(group) && covers(root, group, members)) ?? [];
    const added = members.filter((member) => !origin.includes(member));
    if (origin.length === 0) {
      const known = allowed.flat();
      const key = members.find((member) => !known.includes(member)) ?? members[0];
      worse.push({ key, line: `a new or larger cycle: ${members.join(', ')}` });
    } else if (members.length < origin.length || added.length > 0)
      better.push(`${members.join(', ')}: was ${origin.join(', ')}`);
    kept.add(origin);
  }
  for (const group of allowed) if (!kept.has(group)) better.push(`no cycle any more: ${group.join(', ')}`);
  return { worse, better };
}

function covers(root, group, members) {
  const added = members.filter((member) => !group.includes(member));
  if (added.length === members.length) return false;
  const renamed = group.filter((member) => !existsSync(join(root, member)));
  return added.length <= renamed.length;
}

function groupsOf(entries) {
  const groups = new Map();
  for (const [member, first] of Object.entries(entries)) ensure(groups, first, () => []).push(member);
  return [...groups.values()].map((members) => members.sort());
}

/** Measures a tree and compares it with its baseline. */
export function run(root, flags) {
  const compare = (baseline, measured) => compareCycles(root, baseline, measured);
  return runRatchet({ name: 'folder-cycles', measure, compare }, root, flags);
}

await main(import.meta.url, run);
