// Cycles between folders, each kind once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantTree } from './fixture-tree.mjs';
import { measure, run } from './folder-cycles.mjs';

const SRC = 'packages/fleet/src';
/** A file that imports others. */
const importing = (...files) => files.map((file, nth) => `import { x${nth} } from '${file}';\n`).join('');
const inSrc = (files) =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${SRC}/${path}`, text]));
const foldersIn = (t, files) =>
  Object.keys(measure(plantTree(t, inSrc(files)).root).entries).map((path) => path.slice(SRC.length + 1));

test('a cycle through three folders is found, by type too', (t) => {
  const files = {
    'a/1.ts': importing('../b/1.ts'),
    'b/1.ts': "import type { T } from '../c/1.ts';",
    'c/1.ts': "export type { U } from '../a/2.ts';",
    'd/1.ts': importing('../a/1.ts'),
  };
  assert.deepEqual(foldersIn(t, files), ['a', 'b', 'c']);
});

test('a cycle deeper down is found', (t) => {
  assert.deepEqual(foldersIn(t, { 'a/x/1.ts': importing('../y/1.ts'), 'a/y/2.ts': importing('../x/2.ts') }), [
    'a/x',
    'a/y',
  ]);
});

test('loose files in src are one folder, without the entry of the package', (t) => {
  assert.deepEqual(foldersIn(t, { 'run.ts': importing('./a/1.ts'), 'a/1.ts': importing('../ports.ts') }), [
    '.',
    'a',
  ]);
  assert.deepEqual(
    foldersIn(t, { 'index.ts': importing('./a/1.ts'), 'a/1.ts': importing('../index.ts') }),
    [],
  );
});

test('test files and helpers make no cycle', (t) => {
  const back = importing('../a/1.ts');
  const files = {
    'a/1.ts': importing('../b/1.ts'),
    'b/1.test.ts': back,
    'b/testing/1.ts': importing('../../a/1.ts'),
  };
  assert.deepEqual(foldersIn(t, files), []);
});

test('a cycle is refused, with its imports, and no flag accepts it', async (t) => {
  const two = inSrc({ 'a/1.ts': importing('../b/1.ts'), 'b/1.ts': importing('../a/1.ts') });
  const { root } = plantTree(t, two);
  for (const flags of [[], ['--update']]) {
    const { exitCode, lines } = await run(root, flags);
    assert.equal(exitCode, 1);
    assert.deepEqual(lines.slice(0, 3), [
      `a cycle: ${SRC}/a, ${SRC}/b`,
      `  ${SRC}/a/1.ts imports ../b/1.ts`,
      `  ${SRC}/b/1.ts imports ../a/1.ts`,
    ]);
  }
});
