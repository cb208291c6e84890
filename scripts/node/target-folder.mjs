// Cargo's target folder, which all builds share. One build at a time uses it, and keeps a file there while it
// runs. If the build is killed, the next one finds that file and removes the last results of the killed
// build, because an archive may be damaged.

import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildStop, StepError } from '../run-step.mjs';

const MARKER = 'watchbill-build.json';
const LOOK_EVERY_MS = 500;
/** Two builds may find the file of a killed one at the same moment: the last writer has the folder. */
const SETTLE_MS = 300;
/** Cargo records a crate when it is complete: only crates in progress can be damaged. None takes so long. */
const DISTRUSTED_MS = 10 * 60_000;

/** @typedef {{ pid: number, startedAt: string, sinceMs: number }} Marker `startedAt`: see `startOf` */

/**
 * Runs `use` while no other build uses the folder.
 * @template T
 * @param {string} target
 * @param {() => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function inTarget(target, use) {
  mkdirSync(target, { recursive: true });
  const marker = join(target, MARKER);
  const killedSinceMs = await take(marker);
  if (killedSinceMs !== null) repair(target, marker, killedSinceMs);
  try {
    const result = await use();
    rmSync(marker, { force: true });
    return result;
  } catch (error) {
    // Cargo that ends by itself has waited for its compilers.
    if (error instanceof StepError && error.endedByItself) rmSync(marker, { force: true });
    throw error;
  }
}

/** Settles to the time since which files are to be distrusted; null if the last build ended by itself. */
async function take(marker) {
  for (let isSaid = false; ; isSaid = true) {
    const found = readMarker(marker);
    if (found === null && create(marker)) return null;
    if (found !== null && !isRunning(found)) {
      replace(marker, found.sinceMs);
      await sleep(SETTLE_MS);
      if (readMarker(marker)?.pid === process.pid) return found.sinceMs;
    } else if (found !== null && !isSaid) {
      process.stderr.write(`waiting for another build in the same folder (process ${found.pid})\n`);
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: buildStop }).catch(() => buildStop.throwIfAborted());
  }
}

/** A file that was cut off by a power cut belongs to a build that is gone. @returns {Marker | null} */
function readMarker(marker) {
  try {
    // Not our clock: files get their times from one of the kernel, which is a few milliseconds behind.
    const sinceMs = statSync(marker).ctimeMs;
    try {
      return { sinceMs, ...JSON.parse(readFileSync(marker, 'utf8')) };
    } catch {
      return { pid: 0, startedAt: '', sinceMs };
    }
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** A link appears with its content at once; a file that is written does not. */
function create(marker) {
  const own = `${marker}.${process.pid}`;
  writeFileSync(own, ourText());
  try {
    linkSync(own, marker);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** With the time of the killed build, in case this one is killed as well before it has removed anything. */
function replace(marker, sinceMs) {
  const own = `${marker}.${process.pid}`;
  writeFileSync(own, ourText(sinceMs));
  renameSync(own, marker);
}

function ourText(sinceMs) {
  return JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid), sinceMs });
}

/** Pids are given again after a while; pid and start together are not. */
function isRunning({ pid, startedAt }) {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return startOf(pid) === startedAt;
}

/** Clock ticks from the start of the machine to that of the process; empty if the system has no /proc. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function repair(target, marker, sinceMs) {
  const written = filesIn(target)
    .map((path) => ({ path, atMs: statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0 }))
    .filter(({ atMs }) => atMs >= sinceMs);
  const lastMs = written.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
  const distrusted = written.filter(({ atMs }) => atMs >= lastMs - DISTRUSTED_MS);
  for (const { path } of distrusted) rmSync(path, { force: true });
  replace(marker);
  process.stderr.write(
    `the last build in ${target} was killed: its last ${distrusted.length} files were removed and are built again\n`,
  );
}

function filesIn(target) {
  return readdirSync(target, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !isKept(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Cargo's own lock and ours are no results. */
function isKept(name) {
  return name === '.cargo-lock' || name.startsWith(MARKER);
}
