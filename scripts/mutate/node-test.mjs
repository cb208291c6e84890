// Stands in for `node:test` inside the runner of mutants. node:test can run once in a process; this
// module collects the tests of a file and runs them one after the other, ends at the first failure, and
// can do so thousands of times.

import { mock } from 'node:test';

export { mock };

/**
 * A suite or a test.
 * @typedef {{ name: string, options: Options, fn: Function, children: Node[], hooks: Hooks }} Node
 */
/** @typedef {{ skip?: boolean | string, todo?: boolean | string }} Options */
/** @typedef {Record<'before' | 'after' | 'beforeEach' | 'afterEach', Function[]>} Hooks */

/** What a test threw, with the names of its suites and of the test. */
export class TestFailure extends Error {
  name = 'TestFailure';
}

/** The suite that a call of `test` belongs to. */
let current = emptyNode('', {}, () => {});

function emptyNode(name, options, fn) {
  return { name, options, fn, children: [], hooks: { before: [], after: [], beforeEach: [], afterEach: [] } };
}

/** The name, the options and the function may each be left out. */
function readArguments(args) {
  const fn = args.findLast((arg) => typeof arg === 'function') ?? (() => {});
  const name = typeof args[0] === 'string' ? args[0] : fn.name || '<anonymous>';
  const options = args.find((arg) => typeof arg === 'object' && arg !== null) ?? {};
  return emptyNode(name, options, fn);
}

const withVariants = (declare) =>
  Object.assign(declare, {
    skip: (...args) => declare(args[0], { skip: true }),
    todo: (...args) => declare(args[0], { todo: true }),
  });

export const test = withVariants((...args) => {
  current.children.push({ ...readArguments(args), suite: false });
  return Promise.resolve();
});

export const describe = withVariants((...args) => {
  const node = { ...readArguments(args), suite: true };
  current.children.push(node);
  if (isLeftOut(node)) return Promise.resolve();
  const outer = current;
  current = node;
  try {
    const made = node.fn({ name: node.name });
    if (typeof made?.then === 'function')
      throw new TypeError(`the suite ${node.name} must not be asynchronous`);
  } finally {
    current = outer;
  }
  return Promise.resolve();
});

export const it = test;
export const suite = describe;
export const before = (fn) => void current.hooks.before.push(fn);
export const after = (fn) => void current.hooks.after.push(fn);
export const beforeEach = (fn) => void current.hooks.beforeEach.push(fn);
export const afterEach = (fn) => void current.hooks.afterEach.push(fn);
// biome-ignore lint/style/noDefaultExport: it stands in for a module that has one
export default test;

/**
 * Loads a file of tests and runs them.
 * @param {() => Promise<unknown>} load imports the file
 * @returns {Promise<number>} how many tests passed
 * @throws {TestFailure} of the first test that fails
 */
export async function runFile(load) {
  const root = emptyNode('', {}, () => {});
  current = root;
  await failWith([], load);
  return runSuite(root, [], []);
}

async function runSuite(node, path, each) {
  const { before, after, beforeEach, afterEach } = node.hooks;
  const around = [...each, { beforeEach, afterEach }];
  let count = 0;
  try {
    for (const hook of before) await failWith([...path, 'before'], hook);
    for (const child of node.children.filter((one) => !isLeftOut(one))) {
      const childPath = [...path, child.name];
      count += child.suite
        ? await runSuite(child, childPath, around)
        : await runTest(child, childPath, around);
    }
  } finally {
    for (const hook of after) await failWith([...path, 'after'], hook);
  }
  return count;
}

async function runTest(node, path, around) {
  const cleanUps = [];
  const stop = new AbortController();
  let count = 1;
  const context = {
    name: node.name,
    signal: stop.signal,
    mock,
    diagnostic: () => {},
    after: (fn) => void cleanUps.push(fn),
    test: async (...args) => {
      const child = readArguments(args);
      if (!isLeftOut(child)) count += await runTest(child, [...path, child.name], []);
    },
  };
  try {
    for (const { beforeEach } of around)
      for (const hook of beforeEach) await failWith(path, () => hook(context));
    await failWith(path, () => node.fn(context));
  } finally {
    stop.abort();
    for (const fn of cleanUps) await failWith(path, fn);
    for (const { afterEach } of around.toReversed())
      for (const hook of afterEach) await failWith(path, () => hook(context));
    mock.reset();
  }
  return count;
}

function isLeftOut({ options }) {
  return Boolean(options.skip) || Boolean(options.todo);
}

async function failWith(path, fn) {
  try {
    await fn();
  } catch (error) {
    if (error instanceof TestFailure) throw error;
    const what = error instanceof Error ? error.message : String(error);
    throw new TestFailure(`${path.join(' › ') || 'loading the file'}: ${what.split('\n')[0]}`, {
      cause: error,
    });
  }
}
