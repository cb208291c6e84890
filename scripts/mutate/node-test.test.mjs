import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as stand from './node-test.mjs';
import { runFile, TestFailure } from './node-test.mjs';

test('suites, hooks, subtests and clean-ups run in the order of node:test', async () => {
  const order = [];
  const note = (name) => () => void order.push(name);
  const passed = await runFile(() => {
    stand.describe('suite', () => {
      stand.before(note('before'));
      stand.after(note('after'));
      stand.beforeEach(note('each'));
      stand.test('first', (context) => {
        context.after(note('clean-up'));
        order.push('first');
      });
      stand.test('second', async (context) => {
        await context.test('sub', note('sub'));
        order.push('second');
      });
      stand.test.skip('left out', note('never'));
    });
    stand.default('plain', { concurrency: true }, note('plain'));
  });
  assert.equal(passed, 4);
  assert.deepEqual(order, [
    ...['before', 'each', 'first', 'clean-up', 'each', 'sub', 'second', 'after', 'plain'],
  ]);
});

test('the first failure ends the file, after its clean-ups, and has the path of the test', async () => {
  const order = [];
  const run = runFile(() => {
    stand.describe('suite', () => {
      stand.after(() => order.push('after'));
      stand.it('fails', () => assert.equal(1, 2, 'one is not two'));
      stand.it('comes later', () => order.push('never'));
    });
  });
  await assert.rejects(run, (error) => {
    assert.ok(error instanceof TestFailure);
    assert.equal(error.message, 'suite › fails: one is not two');
    return true;
  });
  assert.deepEqual(order, ['after']);
});

test('a file that cannot be loaded fails, and leaves no test for the next one', async () => {
  const broken = runFile(() => {
    stand.test('left behind', () => {});
    throw new Error('no such module');
  });
  await assert.rejects(broken, { message: 'loading the file: no such module' });
  assert.equal(await runFile(() => stand.test('alone', () => {})), 1);
});

test('a suite that fails while it declares its tests does not swallow the next one', async () => {
  const broken = runFile(() => stand.describe('suite', () => assert.fail('no')));
  await assert.rejects(broken, TestFailure);
  assert.equal(await runFile(() => stand.test('alone', () => {})), 1);
});
