// Runs the chosen tiers in their order and adds them up; scripts/test.mjs starts this under the pinned Node.

import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { installMissing, missingLine } from './needs.mjs';
import { onceAbandoned, PINNED_NODE, ROOT } from './pinned.mjs';
import { runCommands } from './run-commands.mjs';
import { addUp, runFiles } from './run-files.mjs';
import { TIERS } from './tiers.mjs';

const HELP = `npm test                           all tiers
npm test -- --tier unit,etcd       only these, in the usual order
npm test -- --list                 the tiers with their budgets and needs
npm test -- --help                 this

A tier that the machine cannot run is skipped with one line that says what to install. With CI=true what is
absent is installed with apt first, and a tier that is skipped all the same fails.`;

/** Commands of a tier: far above any budget, so that nothing hangs. */
const COMMAND_TIMEOUT_MS = 5 * 60_000;
/** What V8 made of each module (types stripped), kept for the next process that loads it: half of the start of a short
 * file of tests, and of each command that a test starts. In the clone, so that no other user can put code there. */
const COMPILED = join(ROOT, 'node_modules', '.cache', 'compiled');
/** Files named when a tier is over its budget. */
const SLOWEST_SHOWN = 5;
/** A process that stays longer than this after its last test is named: something in it was not closed. */
const IDLE_SHOWN_SECONDS = 5;

const inCi = process.env.CI === 'true';
const stop = new AbortController();
/** @returns {Promise<number>} the exit code: 0 all passed, 1 something failed, 2 asked for what there is not */
export async function runTiers() {
  const options = readOptions();
  if (options === undefined) return 2;
  if (options.help) return print(HELP);
  const tiers = TIERS.map(withFiles).filter(({ files, commands }) => files.length + commands.length > 0);
  if (options.list) return list(tiers);
  const chosen = choose(tiers, options.tier);
  if (chosen === undefined) return 2;
  stopOnSignals();
  if (inCi) installMissing(chosen.flatMap((tier) => tier.needs));
  // What the tests start with plain `node` is the pinned one too.
  process.env.PATH = `${join(PINNED_NODE, '..')}:${process.env.PATH}`;
  process.env.NODE_COMPILE_CACHE = COMPILED;
  return conclude(await runInOrder(chosen));
}

/** One tier after the other, but those that leave a core idle by twos. The results keep the order of the tiers. */
async function runInOrder(tiers) {
  const results = new Map();
  const run = async (tier) => {
    if (!stop.signal.aborted) results.set(tier, await runTier(tier));
  };
  for (const tier of tiers.filter(({ besides }) => besides !== true)) await run(tier);
  // The long one first: it lasts as long as all the others together.
  const waiting = tiers
    .filter(({ besides }) => besides === true)
    .sort((one, other) => other.budgetMinutes - one.budgetMinutes);
  const lane = async () => {
    for (let tier = waiting.shift(); tier !== undefined; tier = waiting.shift()) await run(tier);
  };
  await Promise.all([lane(), lane()]);
  return tiers.flatMap((tier) => results.get(tier) ?? []);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        tier: { type: 'string', multiple: true },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    return undefined;
  }
}

/** The tier with its globs replaced by the files there are, and its commands by those that apply. */
function withFiles(tier) {
  const files = tier.files.flatMap((glob) =>
    globSync(glob, { cwd: ROOT, exclude: ['**/node_modules', '**/dist', ...(tier.except ?? [])] }),
  );
  return {
    ...tier,
    files: longestFirst(files.sort(), tier.longest ?? []).map((file) => join(ROOT, file)),
    commands: tier.commands.filter(({ onlyIf }) => onlyIf === undefined || existsSync(join(ROOT, onlyIf))),
  };
}

/** Long files begin first, so that none of them runs alone at the end. */
function longestFirst(files, longest) {
  const missing = longest.filter((file) => !files.includes(file));
  if (missing.length > 0) throw new Error(`no such file of tests: ${missing.join(', ')}`);
  return [...longest, ...files.filter((file) => !longest.includes(file))];
}

function choose(tiers, wanted) {
  if (wanted === undefined) return tiers;
  const names = wanted.flatMap((text) => text.split(',')).map((name) => name.trim());
  const unknown = names.filter((name) => !tiers.some((tier) => tier.name === name));
  if (unknown.length === 0) return tiers.filter((tier) => names.includes(tier.name));
  const empty = unknown.filter((name) => TIERS.some((tier) => tier.name === name));
  const what = empty.length === 0 ? 'no such tier' : 'no test files yet in';
  console.error(`${what}: ${(empty.length === 0 ? unknown : empty).join(', ')}`);
  console.error(`there are: ${tiers.map(({ name }) => name).join(', ')}`);
  return undefined;
}

function list(tiers) {
  for (const tier of tiers) {
    const count = tier.files.length + tier.commands.length;
    const needs = tier.needs.length === 0 ? '' : `; needs ${tier.needs.map(({ name }) => name).join(', ')}`;
    print(
      `${tier.name.padEnd(11)} ${budget(tier).padEnd(7)} ${tier.what} (${count} files and commands${needs})`,
    );
  }
  return 0;
}

async function runTier(tier) {
  const missing = missingLine(tier.needs);
  if (missing !== undefined) {
    print(`${tier.name}: skipped: ${missing}`);
    const totals = { passed: 0, failed: inCi ? 1 : 0, skipped: inCi ? 0 : 1, reports: [] };
    const reports = inCi ? [`FAILED ${tier.name}: skipped under CI=true: ${missing}`] : [];
    return { tier, seconds: 0, skipped: true, totals: { ...totals, reports } };
  }
  print(`${tier.name}: starts (${tier.what}; budget ${budget(tier)})`);
  const startedMs = performance.now();
  const options = { ...tier, timeoutMs: COMMAND_TIMEOUT_MS, stop: stop.signal, print };
  const ofCommands = await runCommands(tier.commands, options);
  const ofFiles = await runFiles(tier.files, options);
  const totals = addUp([ofCommands, ofFiles]);
  const seconds = (performance.now() - startedMs) / 1000;
  print(`${tier.name}: ${countsText(totals)} in ${seconds.toFixed(1)} s of ${budget(tier)}`);
  if (isOver(tier, seconds)) warnOver(tier, ofFiles.times);
  warnIdle(ofFiles.times);
  return { tier, seconds, skipped: false, totals };
}

function warnOver(tier, times) {
  print(styleText('yellow', `WARNING ${tier.name} is over its budget; its slowest files:`));
  for (const { file, seconds } of times.slice(0, SLOWEST_SHOWN))
    print(`  ${seconds.toFixed(1).padStart(6)} s  ${file}`);
}

/** A timer or a socket that nobody waits for any more costs the whole run its time. */
function warnIdle(times) {
  for (const { file, idleSeconds } of times.filter((one) => one.idleSeconds > IDLE_SHOWN_SECONDS))
    print(
      styleText('yellow', `WARNING ${file} stayed ${idleSeconds.toFixed(1)} s after its last test had ended`),
    );
}

function conclude(results) {
  const totals = addUp(results.map((result) => result.totals));
  print('\ntier          passed  failed skipped  seconds  budget');
  for (const { tier, seconds, totals: own } of results) {
    const numbers = [own.passed, own.failed, own.skipped]
      .map((number) => String(number).padStart(8))
      .join('');
    const over = isOver(tier, seconds) ? '  over' : '';
    print(
      `${tier.name.padEnd(12)}${numbers}${seconds.toFixed(1).padStart(9)}${budget(tier).padStart(8)}${over}`,
    );
  }
  if (totals.reports.length > 0) print('');
  for (const report of totals.reports) print(report.split('\n', 1)[0]);
  if (stop.signal.aborted) print(`stopped by ${stop.signal.reason.message}`);
  print(countsText(totals));
  return totals.failed === 0 && !stop.signal.aborted ? 0 : 1;
}

function stopOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => stop.abort(new Error(signal)));
  onceAbandoned(() => stop.abort(new Error('the end of npm')));
}

function countsText({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function budget(tier) {
  return `${tier.budgetMinutes} min`;
}

function isOver(tier, seconds) {
  return seconds > tier.budgetMinutes * 60;
}

function print(text) {
  process.stdout.write(`${text}\n`);
  return 0;
}
