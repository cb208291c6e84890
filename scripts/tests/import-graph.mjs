// Which file is imported by which, over all code. What a source imports is kept in a cache by the hash of its
// text and of the reader, so that a run reads only what changed, and never uses what a source no longer says.

import { hash } from 'node:crypto';
import { globSync } from 'node:fs';
import { createResolver, importsOf } from '../check/module-imports.mjs';
import { textOf } from '../check/sources.mjs';
import { ROOT } from '../pinned.mjs';
import { readJson, writeJson } from './report.mjs';

const CODE = '{packages,test,bench,scripts,examples}/**/*.{ts,mjs,js}';
const LEFT_OUT = /(^|\/)(node_modules|dist|target)$/;
const READERS = ['tests/import-graph', 'check/module-imports', 'check/sources'];
/** A file that a source starts or reads by its place: a process of a test, a fixture. */
const BY_URL = /\bnew URL\(\s*(['"`])([^'"`$\n]+)\1,\s*import\.meta\.url\b/g;
const RESOLVED = /\bimport\.meta\.resolve\(\s*(['"])([^'"\n]+)\1/g;

/**
 * By path: the files that import it, or name its place beside them.
 * @param {string} root
 * @param {string} cache the file that keeps the imports of sources; a damaged one counts as none
 * @returns {Map<string, string[]>}
 */
export function readImporters(root, cache) {
  const reader = READERS.map((name) => textOf(ROOT, `scripts/${name}.mjs`)).join('');
  const known = readJson(cache) ?? {};
  const kept = {};
  const resolve = createResolver(root, globSync('packages/*', { cwd: root }));
  const importers = new Map();
  for (const file of globSync(CODE, { cwd: root, exclude: (path) => LEFT_OUT.test(path) })) {
    const text = textOf(root, file);
    const key = hash('sha256', reader + text, 'base64url');
    kept[key] = known[key] ?? namedIn(text);
    for (const target of new Set(kept[key].map((from) => resolve(file, from))))
      if (target !== undefined) importers.set(target, [...(importers.get(target) ?? []), file]);
  }
  if (Object.keys(kept).some((key) => !(key in known))) writeJson(cache, kept);
  return importers;
}

function namedIn(text) {
  const places = [...text.matchAll(BY_URL)].map(([, , from]) => (from.startsWith('.') ? from : `./${from}`));
  const resolved = [...text.matchAll(RESOLVED)].map(([, , from]) => from);
  return [...new Set([...importsOf(text), ...places, ...resolved])];
}
