// Runs one command of a tier under the pinned Node; it counts as one test.

import { createInterface } from 'node:readline';
import { runProcess } from './run-process.mjs';

/** From SIGTERM to SIGKILL: a build may have to remove gigabytes first. */
const COMMAND_GRACE_MS = 30_000;
const SHOWN_EVERY_MS = 15_000;

/**
 * @param {import('./tiers.mjs').Command} command
 * @param {{ timeoutMs: number, stop: AbortSignal, print: (text: string) => void }} options
 * @returns {Promise<import('./run-group.mjs').FileResult & { output: string }>}
 */
export async function runCommand(command, options) {
  const startedMs = performance.now();
  const { problem, output } = await resultOf(command, options);
  const failures = problem === undefined ? [] : [`node ${command.args.join(' ')} (${problem})`];
  return {
    file: command.name,
    passed: failures.length === 0 ? 1 : 0,
    failed: failures.length,
    skipped: 0,
    seconds: (performance.now() - startedMs) / 1000,
    failures,
    output,
  };
}

/** Why it failed, if it did. */
async function resultOf(command, { timeoutMs, stop, print }) {
  const see = command.live === true ? (stderr) => showLines(stderr, print) : undefined;
  try {
    const options = { timeoutMs, stop, graceMs: COMMAND_GRACE_MS, see, yields: command.yields };
    const { code, signal, late, output } = await runProcess(command.args, options);
    if (late) return { problem: `ended after its ${timeoutMs / 60_000} minutes`, output };
    return { problem: code === 0 ? undefined : (signal ?? `code ${code}`), output };
  } catch (error) {
    return { problem: error.message, output: '' };
  }
}

/** Progress of a long command: one line every 15 seconds, so that a log stays short. */
function showLines(stream, print) {
  let shownMs = Number.NEGATIVE_INFINITY;
  createInterface({ input: stream }).on('line', (line) => {
    if (line.trim() === '' || performance.now() - shownMs < SHOWN_EVERY_MS) return;
    shownMs = performance.now();
    print(`  ${line}`);
  });
}
