// Temporary trees for the tests of the checks.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { baselineFile } from './ratchet.mjs';

/** Creates a tree and removes it after the test. `write` adds or replaces files; undefined removes a file. */
export function plantTree(context, files) {
  const root = mkdtempSync(join(tmpdir(), 'watchbill-check-'));
  context.after(() => rmSync(root, { recursive: true }));
  const write = (more) => {
    for (const [path, text] of Object.entries(more)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      if (text === undefined) rmSync(join(root, path));
      else writeFileSync(join(root, path), text);
    }
  };
  write(files);
  return { root, write, baseline: (name) => JSON.parse(readFileSync(baselineFile(root, name), 'utf8')) };
}
