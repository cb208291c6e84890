// The walks through the code that CONTRIBUTING.md shows lead to functions that exist.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../pinned.mjs';
import { plantTree } from './fixture-tree.mjs';
import { textOf } from './sources.mjs';

const HOP = /`(packages\/[^`]+[.]ts)`: `(\w+)`/g;

/** The hops of each row, and those whose file or exported function is missing. */
function walksOf(root) {
  const section = textOf(root, 'CONTRIBUTING.md').split('\n## Find your way\n')[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| Where'));
  const walks = rows.map((row) => [...row.matchAll(HOP)].map(([, file, name]) => ({ file, name })));
  const wrong = walks.flat().filter(({ file, name }) => {
    const declared = new RegExp(`^export (?:async )?function ${name}\\(`, 'm');
    return !existsSync(join(root, file)) || !declared.test(textOf(root, file));
  });
  return { walks, wrong };
}

test('CONTRIBUTING.md shows four walks of two hops, and every hop exists', () => {
  const { walks, wrong } = walksOf(ROOT);
  assert.deepEqual(
    walks.map(({ length }) => length),
    [2, 2, 2, 2],
  );
  assert.deepEqual(wrong, []);
});

test('a missing file and a missing function are found', (t) => {
  const { root } = plantTree(t, {
    'CONTRIBUTING.md':
      '# C\n\n## Find your way\n\n| Where is it? | `packages/a.ts`: `here` reads | `packages/a.ts`: `gone` | `packages/b.ts`: `here` |\n\n## End\n',
    'packages/a.ts': 'export function here() {}\nfunction gone() {}\n',
  });
  assert.deepEqual(walksOf(root).wrong, [
    { file: 'packages/a.ts', name: 'gone' },
    { file: 'packages/b.ts', name: 'here' },
  ]);
});
