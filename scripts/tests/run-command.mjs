// Runs one command of a tier under the pinned Node; it counts as one test.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PINNED_NODE, ROOT } from '../pinned.mjs';
import { endGroup } from '../process-group.mjs';

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
  const { problem, output } = await runProcess(command, options);
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

function runProcess(command, { timeoutMs, stop, print }) {
  const child = spawn(PINNED_NODE, command.args, {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  if (command.live === true) showLines(child.stderr, print);
  const deadline = AbortSignal.timeout(timeoutMs);
  const over = AbortSignal.any([deadline, stop]);
  const end = () =>
    endGroup(child.pid, { graceMs: COMMAND_GRACE_MS }).catch((error) => console.error(error.message));
  over.addEventListener('abort', end, { once: true });
  if (over.aborted) end();
  // A process that a test left behind may hold the pipes open, and would disturb the files that follow.
  child.once('exit', end);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ problem: error.message, output }));
    child.once('close', async (code, signal) => {
      over.removeEventListener('abort', end);
      await end();
      const late = deadline.aborted ? `ended after its ${timeoutMs / 60_000} minutes` : undefined;
      resolve({ problem: late ?? (code === 0 ? undefined : (signal ?? `code ${code}`)), output });
    });
  });
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
