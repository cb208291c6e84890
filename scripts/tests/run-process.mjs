// Runs a process of the pinned Node that leads a group, with a deadline; the whole group ends with it.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { PINNED_NODE, ROOT } from '../pinned.mjs';
import { endGroup } from '../process-group.mjs';

const OUTPUT_LIMIT = 4 * 2 ** 20;

/** `late`: it was ended at its deadline. `output`: its last 4 MiB.
 * @typedef {object} Ended
 * @property {number | null} code
 * @property {string | null} signal
 * @property {boolean} late
 * @property {string} output
 * @property {number} endedMs Unix milliseconds */

/**
 * @param {readonly string[]} args for the pinned Node
 * @param {object} options
 * @param {number} options.timeoutMs
 * @param {AbortSignal} options.stop
 * @param {number} options.graceMs from SIGTERM to SIGKILL
 * @param {(stderr: import('node:stream').Readable) => void} [options.see]
 * @param {boolean} [options.yields] to every other process of the machine
 * @returns {Promise<Ended>} rejects if the process does not start
 */
export function runProcess(args, { timeoutMs, stop, graceMs, see = () => {}, yields = false }) {
  // A test process of node:test does not start its runner; the runner may be under test itself.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(PINNED_NODE, args, {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (yields && child.pid !== undefined) giveWay(child.pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-OUTPUT_LIMIT);
    });
  see(child.stderr);
  const deadline = AbortSignal.timeout(timeoutMs);
  const over = AbortSignal.any([deadline, stop]);
  const end = () => endGroup(child.pid, { graceMs }).catch((error) => console.error(error.message));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    if (child.pid === undefined) return;
    over.addEventListener('abort', end, { once: true });
    if (over.aborted) end();
    // A process that was left behind may hold the pipes open, and would disturb what follows.
    child.once('exit', end);
    child.once('close', async (code, signal) => {
      over.removeEventListener('abort', end);
      const endedMs = Date.now();
      await end();
      resolve({ code, signal, late: deadline.aborted, output, endedMs });
    });
  });
}

/**
 * The process, and those that it starts, run in the time that all others leave. With `sched_autogroup`,
 * Linux gives each session the same share of the cores: the priority of a process counts inside its session
 * only, and the session has a separate one (sched(7), "The autogroup feature").
 */
function giveWay(pid) {
  setPriority(pid, constants.priority.PRIORITY_LOW);
  try {
    writeFileSync(`/proc/${pid}/autogroup`, `${constants.priority.PRIORITY_LOW}`);
  } catch {
    // No such file: a kernel without the feature, or the process has ended.
  }
}
