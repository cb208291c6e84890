// Cargo's target folder, which all builds share. One build at a time uses it, and keeps a file there while it
// runs. If the build is killed, the next one finds that file and removes the last results of the killed
// build, because an archive may be damaged.

import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { holdSince, takeFile } from '../holder-file.mjs';
import { buildStop, StepError } from '../run-step.mjs';

const MARKER = 'watchbill-build.json';
/** Cargo records a crate when it is complete: only crates in progress can be damaged. None takes so long. */
const DISTRUSTED_MS = 10 * 60_000;

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
  const killedSinceMs = await takeFile(marker, { onWait: sayWaiting, signal: buildStop });
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

function sayWaiting(pid) {
  process.stderr.write(`waiting for another build in the same folder (process ${pid})\n`);
}

function repair(target, marker, sinceMs) {
  const written = filesIn(target)
    .map((path) => ({ path, atMs: statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0 }))
    .filter(({ atMs }) => atMs >= sinceMs);
  const lastMs = written.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
  const distrusted = written.filter(({ atMs }) => atMs >= lastMs - DISTRUSTED_MS);
  for (const { path } of distrusted) rmSync(path, { force: true });
  holdSince(marker);
  process.stderr.write(
    `the last build in ${target} was killed: its last ${distrusted.length} files were removed and are built again\n`,
  );
}

function filesIn(target) {
  return readdirSync(target, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !isKept(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Cargo's own lock and ours are not results. */
function isKept(name) {
  return name === '.cargo-lock' || name.startsWith(MARKER);
}
