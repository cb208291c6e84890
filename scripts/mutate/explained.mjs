// Why a mutant may survive, and which survivors of an earlier run a test was added for. The texts are in
// explained.json.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Explains the survivors of a file whose replaced code contains `code`. `mutator`, `to`: narrow that to
 * one mutator of Stryker, or to one replacement.
 * @typedef {{ file: string, code: string, mutator?: string, to?: string, why: string }} Explanation
 */

/**
 * Mutants that survived until a test was added. `what`: the code and its replacement; `test`: file and
 * name; both in Markdown.
 * @typedef {{ file: string, what: string, test: string }} Added
 */

/** @returns {{ explained: readonly Explanation[], added: readonly Added[] }} */
export function readExplanations(path = join(import.meta.dirname, 'explained.json')) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * @param {Explanation} explanation
 * @param {string} file
 * @param {import('./report.mjs').Mutant} mutant
 */
export function explains({ file: about, code, mutator, to }, file, mutant) {
  if (about !== file || !mutant.from.includes(code)) return false;
  return (mutator === undefined || mutator === mutant.mutator) && (to === undefined || to === mutant.to);
}
