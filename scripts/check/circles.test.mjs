// Circles between folders and between files, each kind once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './circles.mjs';
import { plantTree } from './fixture-tree.mjs';

const SRC = 'packages/fleet/src';
/** A file that imports others. */
const importing = (...files) => files.map((file, nth) => `import { x${nth} } from '${file}';\n`).join('');
const inSrc = (files) =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${SRC}/${path}`, text]));
/** The members of the first circle. */
const foldersIn = (t, files) => {
  const [circle = ''] = run(plantTree(t, inSrc(files)).root).lines;
  return [...circle.matchAll(/src\/([^,]+)/g)].map(([, folder]) => folder);
};

test('a circle through three folders is found, by type too', (t) => {
  const files = {
    'a/1.ts': importing('../b/1.ts'),
    'b/1.ts': "import type { T } from '../c/1.ts';",
    'c/1.ts': "export type { U } from '../a/2.ts';",
    'd/1.ts': importing('../a/1.ts'),
  };
  assert.deepEqual(foldersIn(t, files), ['a', 'b', 'c']);
});

test('a circle deeper down is found', (t) => {
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

test('test files and helpers make no circle', (t) => {
  const back = importing('../a/1.ts');
  const files = {
    'a/1.ts': importing('../b/1.ts'),
    'b/1.test.ts': back,
    'b/testing/1.ts': importing('../../a/1.ts'),
  };
  assert.deepEqual(foldersIn(t, files), []);
});

test('a circle of folders is refused, with its imports', (t) => {
  const two = inSrc({ 'a/1.ts': importing('../b/1.ts'), 'b/1.ts': importing('../a/1.ts') });
  assert.deepEqual(run(plantTree(t, two).root), {
    exitCode: 1,
    lines: [
      `a circle: ${SRC}/a, ${SRC}/b`,
      `  ${SRC}/a/1.ts imports ../b/1.ts`,
      `  ${SRC}/b/1.ts imports ../a/1.ts`,
    ],
  });
});

/** Files of which each imports the type of the next, and the last that of the first. */
const circleOf = (count) =>
  inSrc(
    Object.fromEntries(
      Array.from({ length: count }, (_, at) => [
        `${at}.ts`,
        `import type { T } from './${(at + 1) % count}.ts';\nexport type { T };\n`,
      ]),
    ),
  );

test('a circle of five files is refused, one of four accepted, and one that a test closes', (t) => {
  const { exitCode, lines } = run(plantTree(t, circleOf(5)).root);
  assert.equal(exitCode, 1);
  assert.match(lines.join('\n'), /circle: .*0\.ts, .*4\.ts\n {2}\S+\/0\.ts imports \.\/1\.ts/);
  const { [`${SRC}/4.ts`]: last, ...rest } = circleOf(5);
  for (const files of [circleOf(4), { ...rest, [`${SRC}/4.test.ts`]: last }])
    assert.deepEqual(run(plantTree(t, files).root), { exitCode: 0, lines: [] });
});
