// The plugin of Stryker that judges mutants by files of node:test, all in one process: starting Node for
// each mutant would take ten times as long. A "test" of Stryker is a file here; the message of a failure
// names the test.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hookModules, importAnew } from './fresh-modules.mjs';
import { unlessIdle } from './idle.mjs';
import { runFile } from './node-test.mjs';

const MUTANTS = '__stryker__';
/** Enough to name the test and its failure. */
const MESSAGE_LENGTH = 300;

export const strykerPlugins = [{ kind: 'TestRunner', name: 'watchbill', factory: createRunner }];
createRunner.inject = ['options'];

/**
 * @param {{ watchbill: { copy: string, testFiles: readonly string[], nearFiles: readonly string[],
 *   helpersHash: string } }} options `testFiles`: relative to the copy; `nearFiles`: those that most likely
 *   kill a mutant
 */
function createRunner({ watchbill: { copy, testFiles, nearFiles, helpersHash } }) {
  const seconds = new Map();
  const near = new Set(nearFiles);
  const fileOf = (id) => join(copy, id);
  return {
    capabilities: () => ({ reloadEnvironment: true }),
    async init() {
      hookModules(copy);
      const load = (name) => import(pathToFileURL(join(copy, 'scripts/tests', name)).href);
      await load('properties.mjs');
      const fastCheck = await load('fast-check.mjs');
      // A mutant needs one counterexample, not the smallest one.
      fastCheck.configureGlobal({ ...fastCheck.readConfigureGlobal(), endOnFailure: true });
    },
    async dryRun() {
      const space = mutantSpace();
      space.mutantCoverage = { static: {}, perTest: {} };
      const tests = [];
      for (const id of testFiles) {
        space.currentTestId = id;
        tests.push({ ...(await judge(id, fileOf(id), seconds)), name: nameOf(copy, id, helpersHash) });
      }
      space.currentTestId = undefined;
      return { status: 'complete', tests, mutantCoverage: space.mutantCoverage };
    },
    async mutantRun({ activeMutant, testFilter = testFiles, hitLimit }) {
      const space = mutantSpace();
      Object.assign(space, { activeMutant: activeMutant.id, hitCount: hitLimit && 0, hitLimit });
      try {
        return await firstFailure(testFilter, { near, seconds, fileOf, space });
      } finally {
        space.activeMutant = undefined;
      }
    },
  };
}

/** The object through which mutated code learns which mutant is active, and reports which ones it ran. */
function mutantSpace() {
  globalThis[MUTANTS] ??= {};
  return globalThis[MUTANTS];
}

/** Runs the near files first, and of those and of the others the quickest ones, until one fails. */
async function firstFailure(ids, { near, seconds, fileOf, space }) {
  const rank = (id) => (near.has(id) ? 0 : 1);
  const quickFirst = [...ids].sort(
    (a, b) => rank(a) - rank(b) || (seconds.get(a) ?? 0) - (seconds.get(b) ?? 0),
  );
  let nrOfTests = 0;
  for (const id of quickFirst) {
    const { status, failureMessage } = await judge(id, fileOf(id), seconds);
    nrOfTests += 1;
    if (space.hitCount > space.hitLimit)
      return { status: 'timeout', reason: 'it runs a hundred times as often' };
    if (status !== PASSED) return { status: 'killed', killedBy: [id], failureMessage, nrOfTests };
  }
  return { status: 'survived', nrOfTests };
}

/** The numbers of Stryker. */
const PASSED = 0;
const FAILED = 1;

async function judge(id, file, seconds) {
  const beganMs = performance.now();
  const failed = await whileGuarded(() => runFile(() => importAnew(file)));
  const timeSpentMs = performance.now() - beganMs;
  if (failed === undefined) seconds.set(id, timeSpentMs / 1000);
  return {
    id,
    fileName: file,
    timeSpentMs,
    ...(failed === undefined
      ? { status: PASSED }
      : { status: FAILED, failureMessage: failed.message.slice(0, MESSAGE_LENGTH) }),
  };
}

/**
 * The error of a run, also of one that the tests did not wait for.
 * @returns {Promise<Error | undefined>}
 */
async function whileGuarded(run) {
  const kinds = ['uncaughtException', 'unhandledRejection'];
  let stray;
  const strayed = new Promise((_, reject) => {
    stray = (error) => reject(error instanceof Error ? error : new Error(String(error)));
  });
  for (const kind of kinds) process.prependListener(kind, stray);
  try {
    await unlessIdle(() => Promise.race([run(), strayed]));
    return undefined;
  } catch (error) {
    return error;
  } finally {
    strayed.catch(() => {});
    for (const kind of kinds) process.off(kind, stray);
  }
}

/**
 * Stryker keeps the result of a mutant while the name of its test stays the same, so the name has the
 * content of the file and of all that it may use.
 */
function nameOf(copy, id, helpersHash) {
  const hash = createHash('sha256')
    .update(helpersHash)
    .update(readFileSync(join(copy, id)));
  return `${id} ${hash.digest('hex').slice(0, 12)}`;
}
