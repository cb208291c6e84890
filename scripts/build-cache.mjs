// Slow builds are kept outside the clone, in a folder named by the hash of their sources, so that a second
// clone or a second run finds them.

import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isRunning } from './running.mjs';

/** Part of the name of an unfinished folder. */
const BUILDING = '.building-';
/** The end of the name of a finished folder. */
const HASH = /[0-9a-f]{16}$/;
const ABANDONED_MS = 24 * 3_600_000;

/** The folder of watchbill in the user's cache. */
export function cacheRoot() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'watchbill');
}

/**
 * The folder for the build of these sources, whether it is there or not.
 * @param {string} name
 * @param {readonly (string | Uint8Array)[]} sources
 */
export function cacheFolder(name, sources) {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(source);
  return join(cacheRoot(), `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/**
 * Removes the builds of this name from other sources, but for those that were used last.
 * @param {string} folder of `cacheFolder`
 * @param {number} kept how many of the others stay
 */
export function forgetOld(folder, kept) {
  const prefix = basename(folder).replace(HASH, '');
  const others = readdirSync(dirname(folder))
    .filter((name) => name !== basename(folder) && HASH.test(name) && name.replace(HASH, '') === prefix)
    .map((name) => join(dirname(folder), name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const old of others.slice(kept)) rmSync(old, { recursive: true, force: true });
}

/** @param {string} folder @param {readonly string[]} programs */
export function holds(folder, programs) {
  return programs.every((name) => existsSync(join(folder, name)));
}

/** The first executable of this name: in these folders, then on the PATH. @returns {string | undefined} */
export function findProgram(name, folders) {
  const onPath = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '');
  return [...folders, ...onPath].map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Gives `use` an empty folder beside the final one. Removes it when the build ends, unless it was published.
 * @template T
 * @param {string} folder of the cache
 * @param {(work: string) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function inWorkFolder(folder, use) {
  mkdirSync(dirname(folder), { recursive: true });
  removeAbandoned(dirname(folder));
  const work = mkdtempSync(`${folder}${BUILDING}${process.pid}-`);
  try {
    return await use(work);
  } finally {
    rmSync(work, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Removes the folders of builds that were ended by SIGKILL or by a power cut. */
function removeAbandoned(cache) {
  for (const name of readdirSync(cache).filter((each) => each.includes(BUILDING))) {
    const path = join(cache, name);
    const pid = Number(/\.building-(\d+)-/.exec(name)?.[1] ?? 0);
    // The age is for a cache that containers share: each of them numbers its processes by itself.
    const ageMs = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (ageMs > ABANDONED_MS && !isRunning(pid)) rmSync(path, { recursive: true, force: true });
  }
}

/** One rename, so that a reader sees every program or none. The second builder throws its own result away. */
export function publish(output, folder, programs) {
  try {
    renameSync(output, folder);
  } catch (error) {
    if (!holds(folder, programs)) throw error;
  }
}
