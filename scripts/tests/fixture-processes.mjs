// For tests of the runner: whether a process is gone.

import { readFileSync } from 'node:fs';

/** @param {number} pid */
export function isGone(pid) {
  try {
    process.kill(pid, 0);
    // A process that has ended keeps its number until its parent collects it.
    return /^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
