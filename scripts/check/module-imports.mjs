// Reads the imports of a source from its text, which takes a second for all files. imports.mjs checks the
// import rules with dependency-cruiser, which takes longer.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { piecesOf, without } from './sources.mjs';

/**
 * One `import` or `export … from`. `names`: the names in the imported file, or undefined for all of them.
 * `typeOnly`: the import does not exist at run time. `passedOn`: it is an `export … from`.
 * @typedef {{ from: string, names: string[] | undefined, typeOnly: boolean, passedOn: boolean }} Import
 */

const STATEMENT = /\b(import|export)\s+(type\s+)?([\w\s{},*$]*?)\s*\bfrom\s*(['"])([^'"\n]+)\4/g;
const BARE = /\bimport\s*\(?\s*(['"])([^'"\n]+)\1/g;

/** @returns {Import[]} */
export function importsOf(source) {
  const code = without(source, piecesOf(source), ['comment', 'template', 'regex']);
  const named = [...code.matchAll(STATEMENT)].map(([, word, type, clause, , from]) => ({
    from,
    ...namesIn(clause),
    ...(type === undefined ? {} : { typeOnly: true }),
    passedOn: word === 'export',
  }));
  const bare = [...code.matchAll(BARE)].map(([, , from]) => ({
    from,
    names: undefined,
    typeOnly: false,
    passedOn: false,
  }));
  return [...named, ...bare];
}

function namesIn(clause) {
  const braces = /\{([^}]*)\}/.exec(clause);
  if (braces === null) return { names: undefined, typeOnly: false };
  const parts = braces[1].split(',').map((part) => part.trim());
  const items = parts.filter((part) => part !== '');
  const values = items.filter((item) => !item.startsWith('type '));
  return {
    names: clause.trim().startsWith('{') ? values.map((item) => item.split(/\s+as\s+/)[0]) : undefined,
    typeOnly: items.length > 0 && values.length === 0,
  };
}

/** The files that packages export, by their names for others. @returns {Map<string, string>} */
export function doorsOf(root, folders) {
  const doors = new Map();
  for (const folder of folders) {
    const file = join(root, folder, 'package.json');
    if (!existsSync(file)) continue;
    const { name, exports = {} } = JSON.parse(readFileSync(file, 'utf8'));
    for (const [door, target] of Object.entries(exports)) {
      const path = typeof target === 'string' ? target : target.default;
      if (typeof path === 'string') doors.set(name + door.slice(1), join(folder, path));
    }
  }
  return doors;
}

/** Resolves a relative import, or an import of a package in packages/ through its exports. */
export function createResolver(root, folders) {
  const doors = doorsOf(root, folders);
  return (importer, from) => (from.startsWith('.') ? join(dirname(importer), from) : doors.get(from));
}
