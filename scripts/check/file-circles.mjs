// No circle of more than four files of a package: in a larger one no file can be read without all others.
// Imports of types count. Smaller circles are, for example, a command and its run. Files that only tests
// load do not count.
//
// node scripts/check/file-circles.mjs [FOLDER]

import { dirname, join } from 'node:path';
import { cyclesOf, isLeftOut, refuseCycles, shortestCycle } from './folder-cycles.mjs';
import { importsOf } from './module-imports.mjs';
import { main, runRatchet } from './ratchet.mjs';
import { filesOf, textOf } from './sources.mjs';

const MOST_FILES = 4;

/** Each file of a circle that is too large, with the first file of that circle. */
export function measure(root) {
  const graph = importsIn(root);
  const circles = cyclesOf(graph).filter((files) => files.length > MOST_FILES);
  return {
    entries: Object.fromEntries(circles.flatMap((files) => files.map((file) => [file, files[0]]))),
    summary: () => `file circles: ${circles.length} of more than ${MOST_FILES} files`,
    explain: (key) => shortestCycle(graph, key).map((line) => `  ${line}`),
  };
}

/** For each file the files that it imports, with the import. */
function importsIn(root) {
  const files = filesOf(root, 'packages/*/src/**/*.ts').filter((file) => !isLeftOut(file));
  const edgesOf = (file) =>
    importsOf(textOf(root, file))
      .filter((from) => from.startsWith('.'))
      .map((from) => [join(dirname(file), from), `${file} imports ${from}`]);
  return new Map(files.map((file) => [file, new Map(edgesOf(file))]));
}

/** Measures a tree; there is no baseline. */
export function run(root, flags) {
  const ratchet = { name: 'file-circles', measure, compare: refuseCycles, optional: true };
  return runRatchet(ratchet, root, flags);
}

await main(import.meta.url, run);
