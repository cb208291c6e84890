// Runs the commands of a tier under the pinned Node; each counts as one test.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PINNED_NODE, ROOT } from './pinned.mjs';

const LIVE_EVERY_MS = 15_000;

/**
 * @param {readonly import('./tiers.mjs').Command[]} commands
 * @param {{ timeoutMs: number, stop: AbortSignal, print: (text: string) => void }} options
 * @returns {Promise<import('./run-files.mjs').Totals>}
 */
export async function runCommands(commands, options) {
  const totals = { passed: 0, failed: 0, skipped: 0, reports: [] };
  for (const command of commands) {
    if (options.stop.aborted) break;
    const { ended, output } = await runOne(command, options);
    if (ended === 'code 0') {
      totals.passed += 1;
      continue;
    }
    const report = `FAILED ${command.name}: node ${command.args.join(' ')} (${ended})\n${output.trimEnd()}`;
    totals.failed += 1;
    totals.reports.push(report);
    options.print(report);
  }
  return totals;
}

function runOne(command, { timeoutMs: usualTimeoutMs, stop, print }) {
  const timeoutMs = command.timeoutMs ?? usualTimeoutMs;
  const child = spawn(PINNED_NODE, command.args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  if (command.live === true) showLines(child.stderr, print);
  return new Promise((resolve) => {
    let problem;
    child.once('error', (error) => {
      problem = error.name === 'AbortError' ? `ended after its ${timeoutMs / 1000} s` : error.message;
    });
    child.once('close', (code, signal) => resolve({ ended: problem ?? signal ?? `code ${code}`, output }));
  });
}

/** Progress of what takes long: one line now and then, so that a log stays short. */
function showLines(stream, print) {
  let shownMs = Number.NEGATIVE_INFINITY;
  createInterface({ input: stream }).on('line', (line) => {
    if (line.trim() === '' || performance.now() - shownMs < LIVE_EVERY_MS) return;
    shownMs = performance.now();
    print(`  ${line}`);
  });
}
