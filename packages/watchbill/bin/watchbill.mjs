#!/usr/bin/env node
// Starts watchbill: the bundled JavaScript of the installed package, the sources in the repository.
// Plain JavaScript that old versions of Node read too, so that they can say what is wrong.

import { fileURLToPath } from 'node:url';
import { keepCompiledCode } from './compiled-code.mjs';
import { isSupported, SUPPORTED } from './supported.mjs';
import { isLasting, limitYoungGeneration } from './young-generation.mjs';

// `import` of `node:fs` loads its streams too, which takes 4 ms; old versions of Node know nothing else.
const { existsSync } = process.getBuiltinModule?.('node:fs') ?? (await import('node:fs'));
const sources = new URL('../src/main.ts', import.meta.url);
const bundle = new URL('../dist/main.js', import.meta.url);
const inRepository = existsSync(sources);

if (isSupported(process.versions.node)) {
  // A service would hold the compiled code a second time, to write it at its end.
  if (!inRepository && isLasting(process.argv)) limitYoungGeneration(process);
  else if (!inRepository) keepCompiledCode();
  await import((inRepository ? sources : bundle).href);
} else if (inRepository) {
  await runPinned();
} else {
  refuse(`Install one of them, or start this file with one: /path/to/node ${fileURLToPath(import.meta.url)}`);
}

/** The repository brings its own Node. */
async function runPinned() {
  const { PINNED_NODE, runInForeground } = await import('../../../scripts/pinned.mjs');
  if (!existsSync(PINNED_NODE)) {
    refuse('The repository brings its own; it is not set up yet. Run: node scripts/setup.mjs');
    return;
  }
  const self = fileURLToPath(import.meta.url);
  process.exitCode = await runInForeground(PINNED_NODE, [self, ...process.argv.slice(2)]);
}

function refuse(remedy) {
  console.error(`watchbill needs ${SUPPORTED}; this is ${process.versions.node} (${process.execPath}).`);
  console.error(remedy);
  process.exitCode = 1;
}
