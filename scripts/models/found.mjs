// The results of earlier searches: the same verifier visits the same states, so it runs once on a machine.

import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../build-cache.mjs';

const FORGOTTEN_AFTER_MS = 90 * 24 * 3_600_000;

/** @typedef {{ found: import('./search.mjs').Found, states: number }} Result */

const folder = () => join(cacheRoot(), 'models');

/**
 * Names a search by all that decides its result.
 * @param {string} sources folder with the verifier that Spin wrote, and nothing else
 * @param {string} model path of the model; the verifier holds it, and another clone has another one
 * @param {readonly string[]} rest compiler, flags and limits
 */
export function searchKey(sources, model, rest) {
  const hash = createHash('sha256');
  // The lengths keep one part from running into the next.
  const add = (part) => hash.update(`${part.length}:`).update(part);
  for (const name of readdirSync(sources).sort()) {
    add(name);
    add(readFileSync(join(sources, name), 'utf8').replaceAll(model, ''));
  }
  for (const part of rest) add(part);
  return hash.digest('hex').slice(0, 32);
}

/** @param {string} key @returns {Result | undefined} */
export function foundBefore(key) {
  const path = join(folder(), key);
  try {
    const result = JSON.parse(readFileSync(path, 'utf8'));
    utimesSync(path, new Date(), new Date());
    return result;
  } catch {
    return undefined;
  }
}

/** Keeps a result; that of an unfinished search is left out. @param {string} key @param {Result} result */
export function keepFound(key, result) {
  if (result.found === 'unfinished') return;
  mkdirSync(folder(), { recursive: true });
  for (const name of readdirSync(folder())) {
    const path = join(folder(), name);
    // Another run may have renamed it meanwhile.
    const keptMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - keptMs > FORGOTTEN_AFTER_MS) rmSync(path, { force: true });
  }
  const beside = join(folder(), `${key}.${process.pid}`);
  writeFileSync(beside, JSON.stringify(result));
  renameSync(beside, join(folder(), key));
}
