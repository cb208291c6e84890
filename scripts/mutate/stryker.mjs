// One run of Stryker over one file, inside the copy of its package.

import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheRoot } from '../build-cache.mjs';
import { PINNED_NODE } from '../pinned.mjs';
import { runStep } from '../run-step.mjs';
import { nearTests } from './targets.mjs';

/**
 * On top of the time that the tests take without a mutant, for a machine that is busy with other work.
 */
const MUTANT_TIME_MS = 15_000;
const MUTANT_TIME_FACTOR = 4;
const DRY_RUN_MINUTES = 15;
/**
 * Modules are never unloaded, so a process that loaded them for this many mutants makes room for a new
 * one.
 */
const MUTANTS_A_PROCESS = 80;
/** Stryker saves the results that it has before it ends. */
const STOP_MS = 30_000;

/**
 * Raise it with a change of the runner that may change verdicts: then no earlier result is used again.
 */
const RUNNER_VERSION = '1';

const RUNNER = new URL('runner.mjs', import.meta.url).href;

/**
 * @param {string} file path from the root
 * @param {'report' | 'near' | 'results'} kind `near`: of a first look; `results`: kept between runs, also
 *   unfinished
 */
export function cachePath(file, kind) {
  return join(cacheRoot(), 'mutate', kind, `${file.replaceAll('/', '--')}.json`);
}

/**
 * Mutates a file and writes its report to the cache. Results of an earlier run are used again, if neither
 * the code nor its tests changed.
 * @param {object} run
 * @param {string} run.stryker the path of its command
 * @param {string} run.copy the folder of the copy
 * @param {string} run.file
 * @param {readonly string[]} run.tests
 * @param {number} run.concurrency
 * @param {'report' | 'near'} run.kind of the report
 * @param {boolean} run.force without the results of earlier runs
 */
export async function mutateFile({ stryker, copy, file, tests, kind, concurrency, force }) {
  const report = join(copy, 'report.json');
  const results = join(copy, 'results.json');
  const kept = cachePath(file, 'results');
  // Of the file before this one.
  for (const path of [report, results]) rmSync(path, { force: true });
  if (existsSync(kept) && !force) copyFileSync(kept, results);
  const settings = join(copy, 'stryker.config.json');
  writeFileSync(settings, JSON.stringify(settingsOf({ copy, file, tests, concurrency, report, results })));
  try {
    await runStep(PINNED_NODE, [stryker, 'run', settings], {
      cwd: copy,
      env: { ...process.env, WATCHBILL_LONG: '' },
      graceMs: STOP_MS,
    });
    publishFile(report, cachePath(file, kind));
  } finally {
    if (existsSync(results)) publishFile(results, kept);
  }
}

function settingsOf({ copy, file, tests, concurrency, report, results }) {
  return {
    mutate: [file],
    inPlace: true,
    ignorePatterns: ['scripts'],
    testRunner: 'watchbill',
    plugins: [RUNNER],
    watchbill: {
      copy,
      testFiles: tests,
      nearFiles: nearTests(file, tests),
      helpersHash: helpersHash(copy, file),
    },
    testRunnerNodeArgs: ['--disable-warning=ExperimentalWarning'],
    coverageAnalysis: 'perTest',
    disableTypeChecks: false,
    incremental: true,
    incrementalFile: results,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: report },
    concurrency,
    maxTestRunnerReuse: MUTANTS_A_PROCESS,
    timeoutMS: MUTANT_TIME_MS,
    timeoutFactor: MUTANT_TIME_FACTOR,
    dryRunTimeoutMinutes: DRY_RUN_MINUTES,
    tempDirName: '.stryker-tmp',
    symlinkNodeModules: false,
    allowConsoleColors: false,
    logLevel: 'warn',
    warnings: false,
  };
}

/**
 * Over all code that a test may use, except for tests, which have hashes, and the mutated file, which
 * Stryker compares.
 */
function helpersHash(copy, mutated) {
  const hash = createHash('sha256').update(RUNNER_VERSION);
  const files = globSync(['packages/*/src/**/*.ts', 'scripts/tests/{fast-check,properties}.mjs'], {
    cwd: copy,
  });
  for (const file of files.filter((each) => each !== mutated && !each.endsWith('.test.ts')).sort())
    hash.update(`${file}\0`).update(readFileSync(join(copy, file)));
  return hash.digest('hex');
}

/** One rename, so that a reader sees a whole file. The copy may be on another disk. */
function publishFile(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, `${to}.new`);
  renameSync(`${to}.new`, to);
}
