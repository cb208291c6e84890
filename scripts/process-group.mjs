// Ends all processes of a group. A build step starts compilers, which start linkers: a signal to the step
// alone leaves them running.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;
const KILL_WAIT_MS = 30_000;
/** Waits until its standard input closes: the process that started it has ended, perhaps by SIGKILL. */
const GUARD = 'read -r _; kill -s TERM -- "-$1"; sleep 5; kill -s KILL -- "-$1"';

/**
 * Sends a signal to every process of the group, and SIGKILL after the grace period. Settles when none is
 * left; at once if the group is gone already.
 * @param {number} group pid of the process that leads it
 * @param {{ signal?: NodeJS.Signals, graceMs: number }} options
 */
export async function endGroup(group, { signal = 'SIGTERM', graceMs }) {
  for (const [name, waitMs] of [
    [signal, graceMs],
    ['SIGKILL', KILL_WAIT_MS],
  ]) {
    if (!groupLives(group)) return;
    send(group, name);
    if (await isGone(group, waitMs)) return;
  }
  throw new Error(`the processes of group ${group} are still running ${KILL_WAIT_MS} ms after SIGKILL`);
}

/**
 * Starts a process that ends the group as soon as this process is gone. Returns the function that stops it.
 * @param {number} group
 * @returns {() => void}
 */
export function guardGroup(group) {
  const guard = spawn('sh', ['-c', GUARD, 'guard', String(group)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  guard.unref();
  return () => {
    guard.kill('SIGKILL');
    guard.stdin.destroy();
  };
}

/** Whether a process of the group is running. A zombie is not: only its parent can remove it. */
export function groupLives(group) {
  if (!send(group, 0)) return false;
  if (!existsSync('/proc/self/stat')) return true;
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isRunningMember(name, group));
}

function isRunningMember(pid, group) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program stands in parentheses and may hold anything.
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(itsGroup) === group && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

/** Returns false if there is no process in the group. */
function send(group, signal) {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    if (error.code === 'EPERM') return true;
    throw error;
  }
}

async function isGone(group, waitMs) {
  const deadline = performance.now() + waitMs;
  while (groupLives(group)) {
    if (performance.now() > deadline) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}
