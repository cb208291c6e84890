// The limits on functions, each broken once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longFunction, plantTree } from './fixture-tree.mjs';
import { measure, run } from './function-size.mjs';
import { functionsOf } from './functions.mjs';

const FILE = 'packages/duty/src/a.ts';

test('a function of 61 lines or 6 parameters counts; 60 and 5 do not', (t) => {
  const { root } = plantTree(t, {
    [FILE]: `${longFunction('short', 60)}${longFunction('long', 61)}`,
    'scripts/b.mjs':
      'const five = (a, b, c, d, e) => 0;\nconst six = (a, b, { c }, d = 1, [e], ...f) => 0;\n',
    'packages/store/src/gen/c.ts': longFunction('generated', 99),
  });
  assert.deepEqual(measure(root).entries, {
    [`${FILE}: long: lines`]: 61,
    'scripts/b.mjs: six: parameters': 6,
  });
});

test('a function that contains others counts whole', (t) => {
  const inner = longFunction('inner', 58).replace('export ', '');
  const { root } = plantTree(t, { [FILE]: `export function outer() {\n${inner}  work();\n  work();\n}\n` });
  assert.deepEqual(measure(root).entries, { [`${FILE}: outer: lines`]: 62 });
});

test('a function given to the test runner may be long; one in it may not', (t) => {
  const body = '  work();\n'.repeat(70);
  const { root } = plantTree(t, {
    'test/a.test.ts': `test('a', { timeout: 1 }, async () => {\n${body}});\ndescribe.skip('b', () => {\n${body}});\n`,
    'test/b.test.ts': `test('a', () => {\n  const part = () => {\n${body}  };\n});\ntest('b', wrapped(() => {\n${body}}));\n`,
    [FILE]: `journal.after(() => {\n${body}});\n`,
  });
  assert.deepEqual(Object.keys(measure(root).entries), [
    `${FILE}: journal.after(…): lines`,
    'test/b.test.ts: test(…) > part: lines',
    'test/b.test.ts: wrapped(…): lines',
  ]);
});

test('functions have names by which they are found again', () => {
  const source = [
    'const arrow = () => () => 0;',
    'class Box { #secret() {} get size() { return 1; } constructor(private readonly a) {} abstract b(): void; field = () => 1 }',
    'const table = { key: function () {}, method() {}, "quoted key": async () => {} };',
    'list.map((item) => item); list.map((item) => item);',
    'export function typed(this: Box, a: number): void {}',
    'declare function declared(): void;',
  ].join('\n');
  assert.deepEqual(
    functionsOf(source.replace('abstract b(): void; ', '')).map(({ name }) => name),
    [
      'arrow',
      'arrow > anonymous',
      'Box > secret',
      'Box > size',
      'Box > constructor',
      'Box > field',
      'table > key',
      'table > method',
      'table > quoted key',
      'list.map(…)',
      'list.map(…) #2',
      'typed',
    ],
  );
  assert.equal(functionsOf(source.split('\n')[4])[0].parameters, 1);
});

test('letters outside ASCII do not shift lines', () => {
  const [found] = functionsOf(`// ${'é'.repeat(200)}\n\n${longFunction('long', 61)}`);
  assert.deepEqual([found.line, found.lines], [3, 61]);
});

test('a renamed file keeps its allowance', async (t) => {
  const { root, write, baseline } = plantTree(t, { [FILE]: longFunction('long', 80) });
  await run(root, ['--init']);
  const renamed = FILE.replace('a.ts', 'b.ts');
  write({ [FILE]: undefined, [renamed]: longFunction('long', 70) });
  assert.equal((await run(root, ['--update'])).exitCode, 0);
  assert.deepEqual(baseline('function-size'), { [`${renamed}: long: lines`]: 70 });
  write({ 'test/b.ts': longFunction('more', 61) });
  assert.equal((await run(root, ['--update'])).exitCode, 1);
});
