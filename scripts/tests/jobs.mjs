// A tier as jobs: each command, and each process of test files.

import { join } from 'node:path';
import { ROOT } from '../pinned.mjs';
import { runCommand } from './run-command.mjs';
import { runGroup } from './run-group.mjs';
import { ALONE } from './tiers.mjs';

/** Commands that test: far above any budget, so that nothing hangs. */
const COMMAND_TIMEOUT_MS = 5 * 60_000;
/** Unit files of one package in one process; a larger package is divided, so that the cores end at the same time. */
const FILES_PER_GROUP = 60;

/** @typedef {{ alone: boolean, run: () => Promise<import('./run-group.mjs').GroupResult> }} Job */

/**
 * @param {import('./tiers.mjs').Tier} tier
 * @param {{ stop: AbortSignal, print: (text: string) => void, coverage: boolean }} options
 * @returns {readonly Job[]}
 */
export function jobsOf(tier, options) {
  const groups = tier.pure ? groupsOf(tier.files) : tier.files.map((file) => [file]);
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
    return { files: [result], output, idleSeconds: 0, coverage: [] };
  };
  return { alone: command.alone === true, run };
}

/** @returns {Job} */
export function groupJob(files, tier, { stop, coverage }) {
  const options = { timeoutMs: tier.fileTimeoutMs, stop, pure: tier.pure, coverage };
  return {
    alone: false,
    run: () =>
      runGroup(
        files.map((file) => join(ROOT, file)),
        options,
      ),
  };
}

/** Files by package, in groups of nearly the same size; those that change state of the process stay apart. */
function groupsOf(files) {
  const byPackage = new Map();
  for (const file of files.filter((file) => !ALONE.includes(file))) {
    const folder = file.split('/').slice(0, 2).join('/');
    byPackage.set(folder, [...(byPackage.get(folder) ?? []), file]);
  }
  const groups = [...byPackage.values()].flatMap((own) => {
    const count = Math.ceil(own.length / FILES_PER_GROUP);
    return Array.from({ length: count }, (_, at) => own.filter((__, index) => index % count === at));
  });
  const apart = files.filter((file) => ALONE.includes(file)).map((file) => [file]);
  return [...groups.sort((one, other) => other.length - one.length), ...apart];
}
