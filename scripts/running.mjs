// Whether a process is running. Plain JavaScript for Node 20 and later: it runs before anything is installed.

import { readFileSync } from 'node:fs';

/**
 * False also for a process that has ended and keeps its number until its parent collects it.
 * @param {number} pid
 */
export function isRunning(pid) {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return statOf(pid)[0] !== 'Z';
}

/**
 * Clock ticks from the start of the machine to that of the process; empty if the system has no /proc. Pids
 * are given again after a while; pid and start together are not.
 * @param {number} pid
 */
export const startOf = (pid) => statOf(pid)[19] ?? '';

/** The fields of its line in /proc from the state on; none if it is gone, or if the system has no /proc. */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program stands in parentheses and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
