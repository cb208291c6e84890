// The width of comments.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run, wideLines } from './comment-width.mjs';
import { plantTree } from './fixture-tree.mjs';

const words = (count) => 'word '.repeat(count / 5).trimEnd();

test('a comment that passes column 110 counts, wherever it stands', () => {
  assert.deepEqual(wideLines(`// ${words(105)}\n`), []);
  assert.deepEqual(wideLines(`// ${words(110)}\n`), [1]);
  assert.deepEqual(wideLines(`\n/**\n * ${words(120)}\n * short\n * ${words(120)} */`), [3, 5]);
  assert.deepEqual(wideLines(`const a = 1; // ${words(105)}`), [1]);
});

test('code, texts, directives and one long word do not count', () => {
  assert.deepEqual(wideLines(`const text = '${words(120)}';`), []);
  assert.deepEqual(wideLines(`/* short */ const text = '${words(120)}';`), []);
  assert.deepEqual(wideLines(`// biome-ignore lint/style/x: ${words(110)}`), []);
  assert.deepEqual(wideLines(`// https://example.org/${'a'.repeat(110)}`), []);
});

test('each package has a count', async (t) => {
  const wide = `// ${words(120)}\n`;
  const { root, baseline } = plantTree(t, { 'packages/duty/src/a.ts': wide, 'test/a.ts': wide });
  await run(root, ['--init']);
  assert.deepEqual(baseline('comment-width'), { 'packages/duty': 1, test: 1 });
});
