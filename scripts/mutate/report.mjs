// Reads the reports of Stryker.

import { existsSync, readFileSync } from 'node:fs';
import { cachePath } from './stryker.mjs';

/**
 * A mutant and the code that it replaces. `line`: of the mutated file; `killedBy`: the failure of the test.
 * cargo-mutants describes the whole change: that is `from`, and `to` is null.
 * @typedef {{ line: number, status: string, mutator: string, from: string, to: string | null, killedBy:
 *   string }} Mutant
 */

const SHOWN_LENGTH = 100;
/** `RuntimeError`: the runner of the tests failed, so that no test judged the mutant. */
const SURVIVED = ['Survived', 'NoCoverage', 'RuntimeError'];

/**
 * The mutants of a file as of its last finished run.
 * @param {'report' | 'near'} kind `near`: of its last first look
 * @returns {readonly Mutant[] | undefined} undefined without a report
 */
export function readReport(file, kind = 'report') {
  const path = cachePath(file, kind);
  if (!existsSync(path)) return undefined;
  const { source, mutants } = JSON.parse(readFileSync(path, 'utf8')).files[file] ?? {
    source: '',
    mutants: [],
  };
  return mutants.map((mutant) => mutantOf(mutant, source));
}

function mutantOf({ location: { start, end }, status, mutatorName, replacement, statusReason = '' }, source) {
  return {
    line: start.line,
    status,
    mutator: mutatorName,
    from: oneLine(textAt(source, start, end)),
    to: oneLine(replacement),
    killedBy: statusReason,
  };
}

/** Lines and columns of a report begin with 1. */
function textAt(source, start, end) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.join('\n');
}

function oneLine(text) {
  return text.replace(/\s+/g, ' ').trim();
}

/** The change of a mutant, on one line. */
export function changeOf({ from, to }, quoted = (code) => code) {
  if (to === null) return quoted(shortened(from));
  return `${quoted(shortened(from))} → ${to === '' ? 'removed' : quoted(shortened(to))}`;
}

function shortened(text) {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)} …` : text;
}

/** Counts of a file. A mutant that does not compile is not a mutant. @param {readonly Mutant[]} mutants */
export function countsOf(mutants) {
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  return {
    all: mutants.length - count('CompileError'),
    killed: count('Killed'),
    survived: count(...SURVIVED),
    timeouts: count('Timeout'),
  };
}

/** The mutants that no test noticed. @param {readonly Mutant[]} mutants */
export function survivors(mutants) {
  return mutants.filter(({ status }) => SURVIVED.includes(status));
}

export function summaryLine(file, mutants = []) {
  const { all, killed, survived, timeouts } = countsOf(mutants);
  return [
    `${file}: ${all} mutants, ${killed} killed, ${survived} survived, ${timeouts} timed out`,
    ...survivors(mutants).map((mutant) => {
      const note = mutant.status === 'NoCoverage' ? ' (no test runs it)' : '';
      return `  ${file}:${mutant.line}: ${changeOf(mutant)}${note}`;
    }),
  ].join('\n');
}
