// `npm test` and `npm run test:real`: chooses the tiers, runs them and prints what came of it.

import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packedCommand } from '@watchbill/testkit/packed-command';
import { installMissing, missingLine } from '../needs.mjs';
import { onceAbandoned, PINNED_NODE, ROOT } from '../pinned.mjs';
import { byChange, byName, withFiles } from './choose.mjs';
import { conclude, listTiers } from './conclude.mjs';
import { failureText, indent } from './failure-text.mjs';
import { commandJob, jobsOf } from './jobs.mjs';
import { HELP, readOptions } from './options.mjs';
import { PassedProblem, readPassed, touchedSince } from './passed.mjs';
import { coresFree, createPool } from './pool.mjs';
import { earlierSeconds } from './report.mjs';
import { runAgain } from './run-again.mjs';
import { useTemporaryFolder } from './temporary.mjs';
import { timeLimit } from './time-limit.mjs';

/**
 * Node's compile cache: it halves the start of a short file of tests, and of each command that a test starts.
 * It is in the clone, so that no other user can put code there.
 */
const COMPILED = join(ROOT, 'node_modules', '.cache', 'compiled');

/** The result of a tier.
 * @typedef {object} TierRun
 * @property {import('./tiers.mjs').Tier} tier
 * @property {(import('./run-group.mjs').FileResult & { output: string, idleSeconds: number, flaky?:
 * boolean, failedBefore?: readonly string[] })[]} results
 * @property {number} seconds
 * @property {readonly import('./jobs.mjs').Job[]} jobs its files and commands
 * @property {number} left how many of them did not begin, because no time was left
 * @property {string} [failedBefore] the tier whose failure is why
 * @property {string} [skipped] what the machine lacks
 * @property {boolean} [mayBeSkipped] with CI=true too */

/**
 * @param {'quick' | 'real'} suite
 * @param {readonly import('./tiers.mjs').Tier[]} all
 * @returns {Promise<number>} the exit code: 0 all passed, 1 something failed, 2 asked for something that
 * does not exist
 */
export async function runTiers(suite, all) {
  const read = readOptions(suite, process.argv.slice(2));
  if (!read.ok) return usage(`${read.problem}\n\n${HELP[suite]}`);
  const { options } = read;
  if (options.help) return print(HELP[suite]);
  const tiers = all
    .map((tier) => withFiles(tier, suite))
    .filter(({ files, commands, setUp }) => files.length + commands.length + setUp.length > 0);
  const named = byName(tiers, options);
  if (named.problem !== undefined) return usage(named.problem);
  if (options.list) return listTiers(named.tiers, print);
  if (options.install && process.getuid?.() !== 0)
    return usage('--install needs root: it runs apt-get install');
  // `npm test -- --changed` chooses the files that end in time.
  const limit = timeLimit(suite === 'quick' ? undefined : options.minutes);
  try {
    const { chosen, record } = await choose(named.tiers, { ...options, suite, all });
    if (chosen.length === 0) return print('no tier is touched by this change');
    const isWhole = chosen.length === all.length && options.changed === undefined;
    return await runChosen(suite, chosen, { ...options, limit, record, isWhole });
  } catch (error) {
    return refuseOrThrow(error);
  }
}

/** The tiers of this run; if it is of all, also which commit each tier passed last, for a new record. */
async function choose(tiers, { suite, all, changed, minutes, passed: file }) {
  if (file !== undefined) {
    const names = all.map(({ name }) => name);
    const passed = readPassed(file, names);
    const { chosen, later } = await touchedSince(tiers, { passed, print });
    const record = { passed, names, later: later.map(({ name }) => name) };
    return { chosen, record: tiers.length === all.length ? record : undefined };
  }
  if (changed === undefined) return { chosen: tiers };
  return byChange(tiers, { suite, revision: changed, minutes, print });
}

/** An error of git or the disk is one line; anything else is a defect of the runner. */
function refuseOrThrow(error) {
  if (error?.code === 'WATCHBILL_GIT' || error instanceof PassedProblem) return usage(error.message);
  if (error?.syscall === undefined) throw error;
  const remedy = 'free space there or allow writing, or set TMPDIR and XDG_CACHE_HOME to other folders';
  console.error(`the run cannot go on: ${error.message}; ${remedy}`);
  return 1;
}

async function runChosen(suite, tiers, options) {
  const stop = stopOnSignals();
  const removeTemporary = useTemporaryFolder();
  try {
    if (options.install)
      await installMissing(
        tiers.flatMap((tier) => tier.needs),
        stop,
      );
    // A test that starts plain `node` gets the pinned one.
    process.env.PATH = `${join(PINNED_NODE, '..')}:${process.env.PATH}`;
    process.env.NODE_COMPILE_CACHE = COMPILED;
    if (suite === 'real') {
      process.env.WATCHBILL_PACKED ??= await packedCommand();
      process.env.WATCHBILL_RELEASE ??= join(tmpdir(), 'release');
    }
    const { long, limit, record, isWhole, changed } = options;
    const earlier = earlierSeconds(suite);
    const stopsEarly = suite === 'quick' && changed !== undefined;
    const context = { suite, stop, print, long, limit, earlier, stopsEarly };
    const startedMs = performance.now();
    const runs = await runAll(tiers, context);
    if (!stopsEarly && !stop.aborted) await runAgain(runs, context);
    const seconds = (performance.now() - startedMs) / 1000;
    return conclude(runs, { ...context, seconds, record, isWhole });
  } finally {
    removeTemporary();
  }
}

/** Jobs beyond one for each core, while so much time is free: a chain of nodes takes a fifth of a core. */
const MORE_JOBS = { quick: { jobs: 2, from: 0.3 }, real: { jobs: 8, from: 0.15 } };

/**
 * The jobs of all tiers in their order, as many at once as there are cores, and more while the cores have
 * time: many jobs wait for blocks, leases and timeouts. Others use every core, and a test beside those is
 * late.
 * @returns {Promise<readonly TierRun[]>}
 */
async function runAll(tiers, context) {
  const runs = tiers.map((tier) => ({
    tier,
    results: [],
    seconds: 0,
    jobs: jobsOf(tier, context),
    left: 0,
    ...skipOf(tier, context),
  }));
  for (const { tier, skipped } of runs) if (skipped !== undefined) print(`${tier.name}: skipped: ${skipped}`);
  const ready = runs.filter(({ skipped }) => skipped === undefined);
  const unready = await setUp(ready, context);
  const size = availableParallelism();
  const { jobs, from } = MORE_JOBS[context.suite];
  const pool = createPool({ size, most: size + jobs, moreFrom: from, freeShare: coresFree() });
  await Promise.all(ready.filter((run) => !unready.has(run)).map((run) => runTier(run, pool, context)));
  return runs;
}

/** Whether the run leaves a tier out, and why. */
function skipOf({ needs, longBuild }, { long }) {
  if (longBuild !== undefined && !long && !longBuild.isBuilt())
    return { skipped: longBuild.remedy, mayBeSkipped: true };
  return { skipped: missingLine(needs) };
}

/**
 * Builds and installs what the tiers use, each thing once.
 * @returns the tiers that lack something now: a build failed, or no time was left for it
 */
async function setUp(runs, context) {
  const broken = new Set();
  const left = new Set();
  const commands = new Map(
    runs.flatMap(({ tier }) => tier.setUp.map((command) => [command.args.join(' '), command])),
  );
  for (const [key, command] of commands) {
    if (context.stop.aborted) break;
    const users = runs.filter(({ tier }) => tier.setUp.some(({ args }) => args.join(' ') === key));
    if (!context.limit.mayBuild()) {
      for (const run of users) left.add(run);
      continue;
    }
    const { files, output } = await commandJob(command, context).run();
    const result = { ...files[0], file: `set-up: ${command.name}`, output, idleSeconds: 0 };
    print(
      `set-up: ${command.name}: ${result.failed === 0 ? 'ready' : 'FAILED'} (${result.seconds.toFixed(1)} s)`,
    );
    if (result.failed === 0) continue;
    print(failureText(result));
    for (const run of users) broken.add(run);
    users[0]?.results.push(result);
  }
  for (const run of [...broken].filter(({ results }) => results.length === 0))
    run.results.push(setUpFailed(run.tier));
  for (const run of left) run.left = run.jobs.length;
  return broken.union(left);
}

function setUpFailed({ name: file }) {
  const failures = ['its set-up failed, see above'];
  return { file, passed: 0, failed: 1, skipped: 0, seconds: 0, failures, output: '', idleSeconds: 0 };
}

async function runTier(run, pool, context) {
  const { tier } = run;
  let startedMs;
  /** Whether it passed. */
  const one = async (job) => {
    if (context.stop.aborted) return false;
    const isLate = context.stopsEarly && (context.failed ?? tier) !== tier;
    if (isLate || !context.limit.fits(job.seconds)) {
      run.left += 1;
      run.failedBefore = isLate ? context.failed.name : undefined;
      return false;
    }
    startedMs ??= performance.now();
    const { files, output, idleSeconds } = await job.run();
    for (const result of files) {
      run.results.push({ ...result, output: result.failed > 0 ? output : '', idleSeconds });
      if (result.failed === 0 || context.stop.aborted) continue;
      context.failed ??= tier;
      print(failureText({ ...result, output }));
    }
    const isPassed = files.every(({ failed }) => failed === 0);
    if (job.says && isPassed) print(indent(output.trimEnd()));
    if (tier.says)
      for (const line of output.split('\n').filter((line) => SAID.test(line))) print(`  ${line}`);
    return isPassed;
  };
  const whole = async (job) => {
    if ((await pool.run(() => one(job), job)) && job.next !== undefined) await whole(job.next);
  };
  await Promise.all(run.jobs.map(whole));
  run.seconds = startedMs === undefined ? 0 : (performance.now() - startedMs) / 1000;
  if (context.stop.aborted) return print(`${tier.name}: not finished`);
  const failed = run.results.reduce((sum, result) => sum + result.failed, 0);
  const passed = run.results.reduce((sum, result) => sum + result.passed, 0);
  print(
    `${tier.name}: ${passed} passed, ${failed} failed, in ${run.seconds.toFixed(1)} s (budget ${tier.budgetSeconds} s)`,
  );
}

/** A line in which a file of a tier with `says` reports what it did. */
const SAID = /^[a-z][a-z -]{0,30}: .*\d/;

function stopOnSignals() {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  onceAbandoned(() => stop.abort(new Error('stopped, because npm ended')));
  return stop.signal;
}

function usage(problem) {
  console.error(problem);
  return 2;
}

function print(text) {
  process.stdout.write(`${text}\n`);
  return 0;
}
