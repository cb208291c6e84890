// A file that names the process that uses a folder, so that one process at a time uses it.
// Plain JavaScript for Node 20 and later: it runs before anything is installed.

import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, startOf } from './running.mjs';

const LOOK_EVERY_MS = 500;
/** Two processes may find the file of a killed one at the same moment: the last writer has the folder. */
const SETTLE_MS = 300;

/** @typedef {{ pid: number, startedAt: string, sinceMs: number }} Holder `startedAt`: see `startOf` */

/**
 * Waits until no other running process holds the file, and takes it.
 * @param {string} file
 * @param {object} options
 * @param {(pid: number) => void} options.onWait called once if another process holds it
 * @param {AbortSignal} [options.signal] ends the wait with its reason
 * @returns {Promise<number | null>} Unix milliseconds since when a killed holder had it; null if the last one
 * ended by itself
 */
export async function takeFile(file, { onWait, signal }) {
  for (let isSaid = false; ; ) {
    const found = readHolder(file);
    if (found === null && create(file)) return null;
    if (found !== null && !isHeldBy(found)) {
      holdSince(file, found.sinceMs);
      await sleep(SETTLE_MS);
      if (readHolder(file)?.pid === process.pid) return found.sinceMs;
    } else if (found !== null && !isSaid) {
      onWait(found.pid);
      isSaid = true;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/**
 * Writes the record of this process, in the place of another one or of the last.
 * @param {string} file
 * @param {number} [sinceMs] of a killed holder, in case this process is killed as well
 */
export function holdSince(file, sinceMs) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, ourText(sinceMs));
  renameSync(own, file);
}

/** A file that was cut off by a power cut belongs to a process that is gone. @returns {Holder | null} */
function readHolder(file) {
  try {
    // Not our clock: files get their times from one of the kernel, which is a few milliseconds behind.
    const sinceMs = statSync(file).ctimeMs;
    try {
      return { sinceMs, ...JSON.parse(readFileSync(file, 'utf8')) };
    } catch {
      return { pid: 0, startedAt: '', sinceMs };
    }
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** A link appears with its content at once; a file that is written does not. */
function create(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, ourText());
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function ourText(sinceMs) {
  return JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid), sinceMs });
}

const isHeldBy = ({ pid, startedAt }) => isRunning(pid) && startOf(pid) === startedAt;
