// Functions have at most 60 lines and 5 parameters. The lines of nested functions count for the outer
// function too. Longer functions that existed before this check are in the baseline, and may only become
// shorter.
//
// node scripts/check/function-size.mjs [FOLDER] [--update | --init]

import { functionsOf } from './functions.mjs';
import { compareCounts, main, runRatchet } from './ratchet.mjs';
import { filesOf, textOf } from './sources.mjs';

const PATTERNS = ['packages/*/{src,bin,test,bench,scripts}/**/*.{ts,mjs}', '{test,scripts}/**/*.{ts,mjs}'];
const LINES = 60;
const PARAMETERS = 5;

/** The keys are `FILE: NAME: lines` and `FILE: NAME: parameters`. */
export function measure(root) {
  const entries = {};
  const lineOf = new Map();
  for (const file of filesOf(root, PATTERNS)) {
    for (const { name, line, lines, parameters, ofRunner } of functionsOf(textOf(root, file))) {
      const add = (kind, count) => {
        entries[`${file}: ${name}: ${kind}`] = count;
        lineOf.set(`${file}: ${name}: ${kind}`, line);
      };
      if (lines > LINES && !ofRunner) add('lines', lines);
      if (parameters > PARAMETERS) add('parameters', parameters);
    }
  }
  return {
    entries,
    summary: (baseline) => {
      const [now, allowed] = [tally(entries), tally(baseline)];
      return (
        `function size: ${now.lines} functions over ${LINES} lines (baseline ${allowed.lines}), ` +
        `${now.parameters} over ${PARAMETERS} parameters (baseline ${allowed.parameters})`
      );
    },
    explain: (key) => [`  at line ${lineOf.get(key)}; at most ${LINES} lines and ${PARAMETERS} parameters`],
  };
}

function tally(entries) {
  const keys = Object.keys(entries);
  return {
    lines: keys.filter((key) => key.endsWith(': lines')).length,
    parameters: keys.filter((key) => key.endsWith(': parameters')).length,
  };
}

/** A renamed file or a renamed function is not a new offender. */
export function moved(from, to) {
  const [fromFile, fromName, fromKind] = from.split(': ');
  const [toFile, toName, toKind] = to.split(': ');
  return fromKind === toKind && (fromFile === toFile || fromName === toName);
}

/** Measures a tree and compares it with its baseline. */
export function run(root, flags) {
  const compare = (baseline, measured) => compareCounts(baseline, measured, moved);
  return runRatchet({ name: 'function-size', measure, compare }, root, flags);
}

await main(import.meta.url, run);
