// Reads the imports of a source from its text, which takes two seconds for all files. imports.mjs checks the
// import rules with dependency-cruiser, which takes longer.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { piecesOf, without } from './sources.mjs';

const IMPORT =
  /\b(?:import|export)\s[\w\s{},*$]*?\bfrom\s*(['"])([^'"\n]+)\1|\bimport\s*\(?\s*(['"])([^'"\n]+)\3/g;

/** The modules in `import`, `import()` and `export … from` of a source. @returns {string[]} */
export function importsOf(source) {
  const code = without(source, piecesOf(source), ['comment', 'template', 'regex']);
  return [...code.matchAll(IMPORT)].map(([, , from, , bare]) => from ?? bare);
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
  /** Doors of whole folders, as `./command/*`. */
  const open = [...doors].filter(([door]) => door.endsWith('*')).map(([door, to]) => [door.slice(0, -1), to]);
  const throughFolder = (from) => {
    const [door = '', target] = open.find(([prefix]) => from.startsWith(prefix)) ?? [];
    return target?.replace('*', from.slice(door.length));
  };
  return (importer, from) =>
    from.startsWith('.') ? join(dirname(importer), from) : (doors.get(from) ?? throughFolder(from));
}
