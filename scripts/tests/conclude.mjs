// The end of a run: the table, the report for the next run, and the line that counts.

import { loadavg } from 'node:os';
import { styleText } from 'node:util';
import { tooManyFlaky } from './flaky.mjs';
import { passedLines } from './passed.mjs';
import { REAL_TIERS } from './real-tiers.mjs';
import { commitHash, currentCommit, noteFlaky, reportPath, writeReport } from './report.mjs';

const SLOWEST_SHOWN = 5;
/** Characters: enough for an assertion with its place. */
const KEPT_OF_A_FAILURE = 4_000;
/** A process that stays longer than this after its last test is named: something in it was not closed. */
const IDLE_SHOWN_SECONDS = 5;
const inCi = () => process.env.CI === 'true';

/** @returns {number} the exit code */
export function listTiers(tiers, print) {
  for (const { name, budgetSeconds, what, files, commands, needs } of tiers) {
    const needed = needs.length === 0 ? '' : `; needs ${needs.map((need) => need.name).join(', ')}`;
    print(
      `${name.padEnd(16)}${`${budgetSeconds} s`.padEnd(7)} ${what} (${files.length + commands.length} files and commands${needed})`,
    );
  }
  return 0;
}

/** @typedef {{ passed: import('./passed.mjs').Passed, names: readonly string[] }} PassedRecord
 * `passed`: before this run; `names`: of all tiers */

/**
 * @param {readonly import('./run-tiers.mjs').TierRun[]} runs
 * @param {{ suite: 'quick' | 'real', stop: AbortSignal, print: (text: string) => void,
 * seconds: number, record?: PassedRecord, isWhole: boolean }} options
 * @returns {number} the exit code: 0 if all passed
 */
export function conclude(runs, { suite, stop, print, seconds, record, isWhole }) {
  const results = runs.flatMap((run) => run.results);
  const flaky = results.filter((result) => result.flaky === true);
  const skippedRuns = runs.filter((run) => run.skipped !== undefined);
  const lacking = inCi() ? skippedRuns.filter((run) => run.mayBeSkipped !== true) : [];
  const leftRuns = runs.filter((run) => run.left > 0);
  for (const run of runs) warn(run, print);
  table(runs, print);
  for (const { file, failures } of results.filter((result) => result.failed > 0))
    print(`FAILED ${file}: ${failures[0]?.split('\n', 1)[0]}`);
  for (const { tier, skipped } of skippedRuns.filter((run) => !lacking.includes(run)))
    print(`SKIPPED ${tier.name}: ${skipped}`);
  for (const { tier, skipped } of lacking) print(`FAILED ${tier.name}: skipped with CI=true: ${skipped}`);
  for (const { tier, left, jobs, failedBefore } of leftRuns) {
    const why = failedBefore === undefined ? 'no time was left for' : `${failedBefore} failed before`;
    print(`LEFT OUT ${tier.name}: ${why} ${left} of its ${jobs.length} files and commands`);
  }
  const tooMany = tooManyFlaky(flaky.length, results.length);
  for (const { file, failedBefore } of flaky)
    print(`FLAKY ${file}: ${failedBefore?.[0]?.split('\n', 2).join(': ')}`);
  if (flaky.length > 0)
    print(`${flaky.length} of ${results.length} files are flaky${tooMany ? ': too many' : ''}`);
  if (stop.aborted) print(stop.reason.message);
  const isNothing = results.length === 0 && leftRuns.length > 0;
  if (isNothing) print('FAILED: no time was left for anything');
  const failed = sum(results, 'failed') + lacking.length + (tooMany ? 1 : 0) + (isNothing ? 1 : 0);
  const isGreen = failed === 0 && !stop.aborted;
  keep(runs, { suite, seconds, flaky });
  if (record !== undefined) namePassed(runs, { ...record, stop, print });
  if (isWhole && !stop.aborted) print(`for .ci/flaky: ${flakyLine(suite, flaky)}`);
  if (suite === 'quick') print(`not run: ${REAL_TIERS.length} real tiers: npm run test:real`);
  else print(`seconds of each file: ${reportPath(suite)}`);
  const skipped = sum(results, 'skipped') + skippedRuns.length - lacking.length;
  print(`${sum(results, 'passed')} passed, ${failed} failed, ${skipped} skipped`);
  return isGreen ? 0 : 1;
}

function warn({ tier, seconds, results }, print) {
  const yellow = (text) => print(styleText('yellow', text));
  if (seconds > tier.budgetSeconds) {
    yellow(`WARNING ${tier.name} is over its budget; its slowest files:`);
    const slowest = [...results].sort((one, other) => other.seconds - one.seconds).slice(0, SLOWEST_SHOWN);
    for (const result of slowest) print(`  ${result.seconds.toFixed(1).padStart(6)} s  ${result.file}`);
  }
  for (const result of results.filter(({ idleSeconds }) => idleSeconds > IDLE_SHOWN_SECONDS))
    yellow(`WARNING ${result.file} stayed ${result.idleSeconds.toFixed(1)} s after its last test had ended`);
}

function table(runs, print) {
  print('\ntier              passed  failed skipped  seconds  budget');
  for (const { tier, results, seconds } of runs) {
    const numbers = ['passed', 'failed', 'skipped']
      .map((field) => String(sum(results, field)).padStart(8))
      .join('');
    const over = seconds > tier.budgetSeconds ? '  over' : '';
    print(
      `${tier.name.padEnd(16)}${numbers}${seconds.toFixed(1).padStart(9)}${String(tier.budgetSeconds).padStart(8)}${over}`,
    );
  }
}

/** For example `2026-11-30 5392815c26 real none`. A file gets the number of its issue by hand. */
function flakyLine(suite, flaky) {
  const files = flaky.length === 0 ? 'none' : flaky.map(({ file }) => file).join(' ');
  return `${new Date().toISOString().slice(0, 10)} ${currentCommit()} ${suite} ${files}`;
}

function keep(runs, { suite, seconds, flaky }) {
  const date = new Date().toISOString();
  const commit = currentCommit();
  const files = runs.flatMap(({ tier, results }) =>
    results.map((result) => ({
      tier: tier.name,
      file: result.file,
      seconds: Number(result.seconds.toFixed(2)),
      passed: result.passed,
      failed: result.failed,
      skipped: result.skipped,
      flaky: result.flaky === true,
    })),
  );
  const tiers = runs.map((run) => ({
    name: run.tier.name,
    seconds: Number(run.seconds.toFixed(1)),
    skipped: run.skipped ?? null,
  }));
  try {
    writeReport(suite, { suite, date, commit, seconds: Number(seconds.toFixed(1)), tiers, files });
    noteFlaky(
      flaky.map(({ file, failedBefore = [] }) => {
        const failures = failedBefore.map((failure) => failure.slice(0, KEPT_OF_A_FAILURE));
        return { date, commit, file, load: loadavg()[0], failures };
      }),
    );
  } catch (error) {
    console.error(`cannot write the report ${reportPath(suite)}: ${error.message}`);
  }
}

/**
 * What `.ci/passed` may hold now: a tier that no change touched since it passed counts as passed; one that
 * waits does not.
 */
export function namePassed(runs, { passed, names, later, stop, print }) {
  const now = new Map(passed);
  const hash = commitHash();
  const isWhole = ({ results, skipped, left }) =>
    sum(results, 'failed') === 0 && skipped === undefined && left === 0;
  const open = runs.filter((run) => stop.aborted || !isWhole(run)).map(({ tier }) => tier.name);
  for (const name of names) if (!open.includes(name) && !later.includes(name)) now.set(name, hash);
  print('once this is a commit of main, .ci/passed may hold:');
  for (const line of passedLines(now, names.length)) print(`  ${line}`);
}

function sum(results, field) {
  return results.reduce((total, result) => total + result[field], 0);
}
