// The calls that a unit file must not contain, and the helpers that the check reads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantTree } from './fixture-tree.mjs';
import { measure, run } from './unit-files.mjs';

const entriesOf = (t, files) => measure(plantTree(t, files).root).entries;
const TEST = 'packages/duty/src/a.test.ts';
const WAITS = 'export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));';

for (const code of [
  'const clock = systemClock();',
  'setTimeout(() => {}, 1);',
  'setInterval(() => {}, 1);',
  'server.listen(0);',
  "spawn('node');",
  "const folder = mkdtempSync(join(tmpdir(), 'a-'));",
  'const folder = await fs.mkdtemp(prefix);',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a source with a template
  'const text = `${spawn("a")}`;',
]) {
  test(`refused: ${code}`, (t) => assert.deepEqual(entriesOf(t, { [TEST]: code }), { [TEST]: 1 }));
}

test('comments, literals, imports and other names pass', (t) => {
  const code =
    "// setTimeout(\nimport { mkdtempSync } from 'node:fs';\nconst a = 'spawn('; respawn(); clock.listened(); /x.listen(a)/;";
  assert.deepEqual(entriesOf(t, { [TEST]: code }), {});
});

test('component and simulation files may wait', (t) => {
  const files = {
    'packages/duty/src/a.component.test.ts': WAITS,
    'packages/duty/src/b.simulation.test.ts': WAITS,
    'test/a.test.ts': WAITS,
  };
  assert.deepEqual(entriesOf(t, files), {});
});

test('helpers that a unit file loads are read, directly or indirectly; product code is not', (t) => {
  const files = {
    [TEST]:
      "import { a } from './testing/fake-a.ts';\nimport { p } from './product.ts';\nimport type { T } from './testing/fake-types.ts';",
    'packages/duty/src/testing/fake-a.ts': "import { b } from './b.ts';",
    'packages/duty/src/testing/b.ts': WAITS,
    'packages/duty/src/product.ts': WAITS,
    'packages/duty/src/testing/fake-types.ts': WAITS,
    'packages/duty/src/testing/fake-unused.ts': WAITS,
  };
  assert.deepEqual(entriesOf(t, files), { 'packages/duty/src/testing/b.ts': 1 });
});

test('of another package, only the imported names are read', (t) => {
  const files = {
    [TEST]: "import { quiet } from '@watchbill/testkit';",
    'packages/testkit/package.json': '{ "name": "@watchbill/testkit", "exports": { ".": "./src/index.ts" } }',
    'packages/testkit/src/index.ts':
      "export { quiet } from './quiet.ts';\nexport { sleep } from './testing/fake-sleep.ts';",
    'packages/testkit/src/quiet.ts': 'export const quiet = 1;',
    'packages/testkit/src/testing/fake-sleep.ts': WAITS,
  };
  assert.deepEqual(entriesOf(t, files), {});
  const both = { ...files, 'bench/b.test.ts': "import { sleep } from '@watchbill/testkit';" };
  assert.deepEqual(entriesOf(t, both), { 'packages/testkit/src/testing/fake-sleep.ts': 1 });
});

test('the testkit is product code for its own tests and a helper for other packages', (t) => {
  const files = {
    'packages/testkit/package.json': '{ "name": "@watchbill/testkit", "exports": { ".": "./src/sleep.ts" } }',
    'packages/testkit/src/sleep.ts': WAITS,
    'packages/testkit/src/sleep.test.ts': "import { sleep } from './sleep.ts';",
  };
  assert.deepEqual(entriesOf(t, files), {});
  const other = { ...files, [TEST]: "import { sleep } from '@watchbill/testkit';" };
  assert.deepEqual(entriesOf(t, other), { 'packages/testkit/src/sleep.ts': 1 });
});

test('without a baseline zero is allowed; the output names the line and a unit file', async (t) => {
  const { root } = plantTree(t, {
    [TEST]: "import { sleep } from './testing/fake-a.ts';",
    'packages/duty/src/testing/fake-a.ts': `\n${WAITS}`,
  });
  const { exitCode, lines } = await run(root, []);
  assert.equal(exitCode, 1);
  assert.deepEqual(lines.slice(1, 3), [
    '  packages/duty/src/testing/fake-a.ts:2: setTimeout',
    `  loaded by ${TEST}`,
  ]);
});
