// Private files in the imports of tests, each kind once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measure, run } from './doors.mjs';
import { plantTree } from './fixture-tree.mjs';

const importing = (...froms) => froms.map((from) => `import { a } from '${from}';\n`).join('');
const manifest = (name, ...doors) =>
  JSON.stringify({
    name: `@watchbill/${name}`,
    exports: Object.fromEntries(doors.map((door) => [`./${door}`, `./src/${door}/index.ts`])),
  });
const TREE = {
  'packages/one/package.json': manifest('one', 'room'),
  'packages/many/package.json': manifest('many', 'room', 'other'),
};

test('an import of a file that no package exports counts once per test file', (t) => {
  const { root } = plantTree(t, {
    ...TREE,
    'packages/one/src/room/a.test.ts': importing('./index.ts', './part.ts', './more.ts'),
    'packages/one/test/b.test.ts': importing('../src/room/part.ts'),
    'packages/many/src/room/a.component.test.ts': importing('./deep/part.ts'),
    'packages/many/src/inside/deep/a.test.ts': `import type { A } from '../part.ts';\n`,
    'packages/many/src/a.test.ts': `const { a } = await import('./a.ts');\n`,
    'packages/many/src/room/part.ts': importing('./index.ts', './private.ts'),
  });
  assert.deepEqual(measure(root).entries, {
    'packages/many/src': 1,
    'packages/many/src/inside': 1,
    'packages/many/src/room': 1,
    'packages/one': 2,
  });
});

test('doors, fakes, other packages, data and the safety kernel do not count', (t) => {
  const { root } = plantTree(t, {
    ...TREE,
    'packages/many/src/room/a.test.ts': importing(
      './index.ts',
      '../other/index.ts',
      './testing/fake.ts',
      '@watchbill/one/room',
      'node:fs',
      '../vectors.json',
      '../../../../scripts/pinned.mjs',
    ),
    'packages/many/src/service/claim/a.test.ts': importing('./judge.ts'),
    'packages/many/src/rule/a.test.ts': importing('./decide.ts'),
    'packages/many/src/store/etcd/a.test.ts': importing('./batch.ts'),
    'packages/many/src/quorum/a.test.ts': importing('./round.ts'),
  });
  assert.deepEqual(measure(root).entries, {});
  assert.equal(measure(root).summary({}), 'doors: 0 of 1 test files import private files (baseline 0)');
});

test('one file more is named with its import, and the count moves with its tests', async (t) => {
  const test = 'packages/many/src/room/a.test.ts';
  const { root, write, baseline } = plantTree(t, {
    ...TREE,
    [test]: importing('./part.ts'),
    'packages/one/src/a.test.ts': importing('./part.ts'),
  });
  await run(root, ['--init']);
  write({ 'packages/many/src/room/b.test.ts': importing('./part.ts') });
  const { lines } = await run(root, ['--update']);
  assert.equal(lines[0], 'packages/many/src/room: 2, allowed 1');
  assert.ok(lines.includes('  packages/many/src/room/b.test.ts imports ./part.ts'), lines.join('\n'));
  write({ [test]: undefined, 'packages/many/src/room/b.test.ts': importing('./index.ts') });
  write({ 'packages/one/src/b.test.ts': importing('./part.ts') });
  assert.equal((await run(root, ['--update'])).exitCode, 0);
  assert.deepEqual(baseline('doors'), { 'packages/one': 2 });
});
