// The results of the last run of each mutated file. Kept in the repository, because the reports of Stryker
// and cargo-mutants stay in the cache of the machine that made them.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countsOf, survivors } from './report.mjs';

const RESULTS = join(import.meta.dirname, 'results.json');

/**
 * One survivor. `from`, `to`: the code and its replacement, on one line; of cargo-mutants `from` is the whole
 * change, and `to` is null.
 * @typedef {{ line: number, mutator: string, from: string, to: string | null }} Survivor
 */

/**
 * The result of a file. A file without a mutant has only zeros, so that it does not count as a file that was
 * not run. `near`: of a first look, so that only the tests named after the file, or of its folder, judged it.
 * @typedef {{ file: string, near?: true, all: number, killed: number, survived: number, timeouts: number,
 *   survivors: readonly Survivor[] }} FileResult
 */

/**
 * @param {string} file path from the root
 * @param {readonly import('./report.mjs').Mutant[]} mutants
 * @param {boolean} near of a first look
 * @returns {FileResult}
 */
export function resultOf(file, mutants, near = false) {
  const left = survivors(mutants).map(({ line, mutator, from, to }) => ({ line, mutator, from, to }));
  return { file, ...(near && { near }), ...countsOf(mutants), survivors: left };
}

/** @returns {readonly FileResult[]} */
export function readResults(path = RESULTS) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** @param {readonly FileResult[]} results */
export function writeResults(results, path = RESULTS) {
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
}

/**
 * The results with those of the last runs on this machine.
 * @param {readonly FileResult[]} kept results of earlier runs, also on other machines
 * @param {readonly FileResult[]} fresh results of this machine: they replace kept ones of the same file
 * @param {readonly string[]} files all files that are mutated, in the order of the page: results of other
 *   files are dropped
 * @returns {readonly FileResult[]}
 */
export function mergeResults(kept, fresh, files) {
  const byFile = new Map([...kept, ...fresh].map((result) => [result.file, result]));
  return files.flatMap((file) => byFile.get(file) ?? []);
}
