import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { test } from 'node:test';
import { plantTree } from '../check/fixture-tree.mjs';
import { strykerPlugins } from './runner.mjs';

/** Code as Stryker writes it: the first mutant works when the module loads, the others when it runs. */
const CODE = `const space = () => globalThis.__stryker__ ?? {};
const active = (id: string): boolean => {
  space().hitCount += 1;
  return space().activeMutant === id;
};
const cover = (id: string) => {
  const { mutantCoverage, currentTestId } = space();
  if (currentTestId !== undefined) (mutantCoverage.perTest[currentTestId] ??= {})[id] = 1;
};
export const limit: number = active('load') ? 0 : 10;
let calls = 0;
export function add(by: number): number {
  cover('add');
  calls += active('add') ? -by : by;
  return calls;
}
export const answer = (): Promise<string> =>
  active('silent') ? new Promise(() => {}) : Promise.resolve('yes');
export const loop = (): void => {
  for (let turn = 0; turn < (active('loop') ? 1_000 : 1); turn++) active('loop');
};
`;
const FILES = {
  'packages/sample/src/code.ts': CODE,
  'packages/sample/src/sums.test.ts': `import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { add, limit, loop } from './code.ts';
describe('sums', () => {
  test('one call', () => assert.equal(add(2), 2, 'the first sum'));
  test('limit', () => assert.equal(limit, 10));
  test('loop', () => loop());
});
`,
  'packages/sample/src/answers.test.ts': `import assert from 'node:assert/strict';
import test from 'node:test';
import { answer } from './code.ts';
test('answers', async () => assert.equal(await answer(), 'yes'));
`,
  'scripts/tests/properties.mjs': '',
  'scripts/tests/fast-check.mjs':
    'export const readConfigureGlobal = () => ({}); export const configureGlobal = () => {};',
};

test('the runner judges mutants by files of node:test, each time with fresh modules', async (context) => {
  const copy = realpathSync(plantTree(context, FILES).root);
  const [sums, answers] = ['sums', 'answers'].map((name) => `packages/sample/src/${name}.test.ts`);
  const runner = strykerPlugins[0].factory({
    watchbill: { copy, testFiles: [sums, answers], helpersHash: '' },
  });
  await runner.init();

  const { tests, mutantCoverage } = await runner.dryRun();
  assert.deepEqual(
    tests.map(({ id, status, name }) => [id, status, name.startsWith(`${id} `)]),
    [
      [sums, 0, true],
      [answers, 0, true],
    ],
  );
  assert.deepEqual(mutantCoverage.perTest, { [sums]: { add: 1 } });

  const judge = (id, more = {}) => runner.mutantRun({ activeMutant: { id }, ...more });
  const killed = (by, failureMessage) => (result) => {
    assert.equal(result.status, 'killed');
    assert.deepEqual([result.killedBy, result.failureMessage], [[by], failureMessage]);
  };
  killed(sums, 'sums › one call: the first sum')(await judge('add'));
  assert.equal((await judge('load')).status, 'killed');
  killed(answers, 'the test waits for something that never happens')(await judge('silent'));
  assert.equal((await judge('loop', { hitLimit: 100 })).status, 'timeout');
  assert.deepEqual(await judge('other'), { status: 'survived', nrOfTests: 2 });
  assert.deepEqual(await judge('add', { testFilter: [answers] }), { status: 'survived', nrOfTests: 1 });
});
