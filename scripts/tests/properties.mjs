// Loaded before files of tests: `fast-check` becomes the wrapper beside this file, which fixes the seed
// and the number of runs.

import { registerHooks } from 'node:module';

const WRAPPER = new URL('fast-check.mjs', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== 'fast-check' || context.parentURL === WRAPPER) return next(specifier, context);
    return { url: WRAPPER, format: 'module', shortCircuit: true };
  },
});
