// What takes long to build is kept outside the clone, in a folder named by the hash of what it was built from, so that a
// second clone or a second run finds it.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of watchbill in the user's cache. */
export function cacheRoot() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'watchbill');
}

/**
 * Where what is built from these sources belongs, whether it is there or not.
 * @param {string} name
 * @param {readonly (string | Uint8Array)[]} sources
 */
export function cacheFolder(name, sources) {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(source);
  return join(cacheRoot(), `${name}-${hash.digest('hex').slice(0, 16)}`);
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
 * Runs a build step; its lines go to standard error, so that standard output stays for the result.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, timeoutMs: number }} options
 * @returns {Promise<void>}
 */
export function runStep(program, args, { cwd, env, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 2, 2] });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const ends = () => child.kill('SIGTERM');
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, ends);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      for (const name of ['SIGINT', 'SIGTERM']) process.off(name, ends);
      if (code === 0) return resolve();
      const why = `${program} ${args.join(' ')} ended with ${signal ?? `code ${code}`}`;
      reject(new Error(`${why}; its own lines stand above`));
    });
  });
}

/** One rename, so that a reader sees every program or none. Whoever is second throws its own result away. */
export function publish(output, folder, programs) {
  try {
    renameSync(output, folder);
  } catch (error) {
    if (!holds(folder, programs)) throw error;
  }
}
