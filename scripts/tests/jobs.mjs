// A tier as jobs: each command, and each process of test files.

import { join } from 'node:path';
import { ROOT } from '../pinned.mjs';
import { runCommand } from './run-command.mjs';
import { runGroup } from './run-group.mjs';
import { ALONE } from './tiers.mjs';

/** Commands that test: far above any budget, so that nothing hangs. */
const COMMAND_TIMEOUT_MS = 5 * 60_000;
/**
 * Unit files of one package in one process; a larger package is divided, so that the cores end at the
 * same time.
 */
const UNIT_FILES_AT_ONCE = 60;
const COMPONENT_FILES_AT_ONCE = 20;
/** For example `packages/fleet`. */
const PACKAGE = /^packages\/[^/]+/;

/** Of a file that never ran here: a guess above most of them. */
const UNKNOWN_SECONDS = 180;

/** @typedef {{ earlier: ReadonlyMap<string, number>, stop: AbortSignal, print: (text: string) => void
 * }} JobOptions `earlier`: the seconds of files and commands in earlier runs */
/** @typedef {{ alone: boolean, yields: boolean, says: boolean, seconds: number, run: () =>
 * Promise<import('./run-group.mjs').GroupResult>, next?: Job }} Job
 * `says`: its output is shown when it has passed; `seconds`: what it took in an earlier run; `next`: runs
 * once it has passed */

/**
 * @param {import('./tiers.mjs').Tier} tier
 * @param {JobOptions} options
 * @returns {readonly Job[]}
 */
export function jobsOf(tier, options) {
  const groups = groupsOf(tier, options);
  return [
    ...tier.commands.map((command) => commandJob(command, options)),
    ...groups.map((files) => groupJob(files, tier, options)),
  ];
}

/** @param {import('./tiers.mjs').Command} command @returns {Job} */
export function commandJob(command, options) {
  const timeoutMs = command.timeoutMs ?? COMMAND_TIMEOUT_MS;
  const run = async () => {
    const { output, ...result } = await runCommand(command, { ...options, timeoutMs });
    return { files: [result], output, idleSeconds: 0 };
  };
  return {
    alone: command.alone === true,
    yields: command.yields === true,
    says: command.says === true,
    seconds: secondsOf([command.name], options),
    run,
    ...(command.next === undefined ? {} : { next: commandJob(command.next, options) }),
  };
}

/** @returns {Job} */
export function groupJob(files, tier, { earlier, stop }) {
  const options = { timeoutMs: tier.fileTimeoutMs, stop, pure: tier.pure };
  return {
    alone: false,
    yields: false,
    says: false,
    seconds: secondsOf(files, { earlier }),
    run: () =>
      runGroup(
        files.map((file) => join(ROOT, file)),
        options,
      ),
  };
}

function secondsOf(files, { earlier }) {
  return files.reduce((sum, file) => sum + (earlier.get(file) ?? UNKNOWN_SECONDS), 0);
}

/**
 * Files that share a process, longest groups first. They take long, so they come before files by themselves.
 */
function groupsOf({ files, pure, together }, options) {
  const placeOf = (file) => (pure ? PACKAGE.exec(file)?.[0] : together.find((one) => file.startsWith(one)));
  const shared = files.filter((file) => placeOf(file) !== undefined);
  const rest = files.filter((file) => placeOf(file) === undefined);
  const groups = grouped(shared, placeOf, pure ? UNIT_FILES_AT_ONCE : COMPONENT_FILES_AT_ONCE);
  groups.sort((one, other) => secondsOf(other, options) - secondsOf(one, options));
  return [...groups, ...rest.map((file) => [file])];
}

/** In groups of nearly the same size and a fixed order; files that change state of the process stay apart. */
function grouped(files, keyOf, atOnce) {
  const byKey = Map.groupBy(files.filter((file) => !ALONE.includes(file)).sort(), keyOf);
  const groups = [...byKey.values()].flatMap((own) => {
    const count = Math.ceil(own.length / atOnce);
    return Array.from({ length: count }, (_, at) => own.filter((__, index) => index % count === at));
  });
  return [...groups, ...files.filter((file) => ALONE.includes(file)).map((file) => [file])];
}
