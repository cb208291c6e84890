// The cluster of `npm run tikv:up`: its place, and which of its programs run.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../../../../scripts/build-cache.mjs';
import { readFlags } from '../../../../scripts/flags.mjs';

const FIRST_PORT = 23_790;
const MEMBERS = 3;

/** @typedef {{ readonly name: string, readonly pid: number }} Started */

/**
 * The options that up and down share.
 * @param {string} url of the script
 * @param {Record<string, import('node:util').ParseArgsOptionDescriptor>} more
 */
export function readOptions(url, more) {
  const { values } = readFlags(url, { options: { folder: { type: 'string' }, ...more } });
  return { ...values, folder: values.folder ?? join(cacheRoot(), 'tikv-cluster') };
}

/** @param {string | undefined} text the first of twelve ports */
export function portsFrom(text) {
  const first = text === undefined ? FIRST_PORT : Number(text);
  if (!Number.isInteger(first) || first < 1_024 || first > 65_000)
    throw new Error(`--port is a number from 1024 to 65000, not "${text}"`);
  const three = (at) => Array.from({ length: MEMBERS }, (_, index) => first + MEMBERS * at + index);
  return { pdClient: three(0), pdPeer: three(1), store: three(2), control: three(3) };
}

const stateFile = (folder) => join(folder, 'cluster.json');

/** @param {string} folder @returns {{ ports: object, started: readonly Started[] } | undefined} */
export function readState(folder) {
  return existsSync(stateFile(folder)) ? JSON.parse(readFileSync(stateFile(folder), 'utf8')) : undefined;
}

export function writeState(folder, state) {
  writeFileSync(stateFile(folder), `${JSON.stringify(state, null, 2)}\n`);
}

/**
 * Whether a process is the one that was started: pids are given anew after a while, so its command line must
 * name the folder.
 * @param {string} folder @param {Started} started
 */
export function stillRuns(folder, { pid }) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
  } catch {
    return false;
  }
}
