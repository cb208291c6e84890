// Loads the modules of the copied packages anew for every file of tests and every mutant, so that mutants
// of code that runs while a module loads count, and so that no state of one run reaches the next.

import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_TEST = new URL('node-test.mjs', import.meta.url).href;
let generation = 0;

/** @param {string} copy the folder of the copy */
export function hookModules(copy) {
  const packages = `${pathToFileURL(join(copy, 'packages')).href}/`;
  const isOurs = (url) => url?.startsWith(packages) === true && !url.includes('/node_modules/');
  const sources = new Map();
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'node:test' && isOurs(context.parentURL))
        return { url: NODE_TEST, format: 'module', shortCircuit: true };
      const found = next(specifier, context);
      return isOurs(found.url) ? { ...found, url: `${found.url.split('?')[0]}?${generation}` } : found;
    },
    load(url, context, next) {
      const [plain] = url.split('?');
      if (!isOurs(url) || !plain.endsWith('.ts')) return next(url, context);
      let source = sources.get(plain);
      if (source === undefined) {
        source = stripTypeScriptTypes(readFileSync(fileURLToPath(plain), 'utf8'));
        sources.set(plain, source);
      }
      return { format: 'module', source, shortCircuit: true };
    },
  });
}

/** Imports a file with all modules of the packages loaded anew. @param {string} path absolute */
export function importAnew(path) {
  generation += 1;
  return import(pathToFileURL(path).href);
}
