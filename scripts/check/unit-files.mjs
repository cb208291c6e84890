// Files of the tier `unit` do not wait, listen, start processes or create folders. The check reads the test
// files and the test helpers that they load. scripts/tests/unit-guard.mjs enforces the same at run time. The
// check does not read product code, which takes its clock and its network through ports.
//
// node scripts/check/unit-files.mjs [FOLDER] [--update | --init]   no baseline: zero allowed

import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { createResolver, importsOf } from './module-imports.mjs';
import { main, runRatchet } from './ratchet.mjs';
import { filesOf, isTestOnly, lineAt, piecesOf, textOf, without } from './sources.mjs';

const UNIT = ['packages/*/src/**/*.test.ts', 'bench/**/*.test.ts'];
const APART = /[.](?:component|simulation|rust)[.]test[.]ts$/;
const TESTKIT = 'packages/testkit/';
const REMEDY =
  'use createVirtualClock of @watchbill/kit/testing, rename the file to NAME.component.test.ts, or split a helper that both kinds of tests load';

const REFUSED = /\b(?:systemClock|setTimeout|setInterval|spawn)\s*\(|\.listen\s*\(|\bmkdtemp(?:Sync)?\b/g;

/** Refused calls in the code of a source, with their lines. Comments, literals and imports do not count. */
export function findingsIn(source) {
  const code = without(source, piecesOf(source), ['comment', 'string', 'template', 'regex']);
  const text = code.replace(/^(?:import|export)\b[^;]*?\bfrom\b/gm, (words) => words.replace(/[^\n]/g, ' '));
  return [...text.matchAll(REFUSED)].map((match) => ({
    line: lineAt(text, match.index),
    words: match[0].replace(/\W+$/, ''),
  }));
}

/** The unit files and the test helpers that they load, with one unit file for each helper. */
function loadedFiles(root) {
  const resolve = createResolver(root, globSync('packages/*', { cwd: root }));
  const tests = filesOf(root, UNIT).filter((file) => !APART.test(file));
  /** Helper to unit file. An index file is read once for each imported name. */
  const loaded = new Map();
  const seen = new Set();
  const open = tests.map((file) => ({ file, names: undefined, by: undefined }));
  while (open.length > 0) {
    const { file, names, by } = open.pop();
    const fresh = (names ?? ['*']).filter((name) => !seen.has(`${file} ${name}`));
    if (fresh.length === 0 || !existsSync(join(root, file))) continue;
    for (const name of fresh) seen.add(`${file} ${name}`);
    if (!loaded.has(file)) loaded.set(file, by);
    for (const { from, names: wanted, typeOnly, passedOn } of importsOf(textOf(root, file))) {
      const target = typeOnly ? undefined : resolve(file, from);
      if (target === undefined || APART.test(target) || !isHelper(target, file)) continue;
      const passed =
        passedOn && names !== undefined ? (wanted ?? names).filter((name) => names.includes(name)) : wanted;
      if (passed === undefined || passed.length > 0)
        open.push({ file: target, names: passed, by: by ?? file });
    }
  }
  return { loaded, tests: tests.length };
}

/** A test helper. The testkit is one for other packages, and product code for tests of the testkit. */
function isHelper(file, importer) {
  const own = file.startsWith(TESTKIT) && importer.startsWith(TESTKIT);
  return isTestOnly(own ? file.slice(TESTKIT.length) : file);
}

/** The count of each file. */
export function measure(root) {
  const { loaded, tests } = loadedFiles(root);
  const found = [...loaded].map(([file, by]) => ({ file, by, places: findingsIn(textOf(root, file)) }));
  const offenders = found.filter(({ places }) => places.length > 0);
  return {
    entries: Object.fromEntries(offenders.map(({ file, places }) => [file, places.length])),
    summary: () =>
      `unit files: ${tests} files and ${loaded.size - tests} helpers, ${offenders.length} of them with real time, network, processes or folders`,
    explain: (key) => {
      const { by, places } = offenders.find(({ file }) => file === key);
      const loadedBy = by === undefined ? [] : [`  loaded by ${by}`];
      return [...places.map(({ line, words }) => `  ${key}:${line}: ${words}`), ...loadedBy, `  ${REMEDY}`];
    },
  };
}

/** Measures a tree and compares it with its baseline, if there is one. */
export function run(root, flags) {
  return runRatchet({ name: 'unit-files', measure, optional: true }, root, flags);
}

await main(import.meta.url, run);
