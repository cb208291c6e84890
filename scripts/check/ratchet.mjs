// Ratchets: counts that may only go down. Each check measures the tree and compares the result with its
// committed baseline. A higher count fails. A lower count also fails, until `--update` has lowered the
// baseline.
//
// node scripts/check/NAME.mjs [FOLDER] [--update | --init]

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../pinned.mjs';

/**
 * @typedef {object} Ratchet
 * @property {string} name the name of the file in scripts/check, without its ending
 * @property {(root: string) => Measured | Promise<Measured>} measure
 * @property {{ intoKnown?: boolean, air?: number }} [moves] how counts may move between folders
 */

/**
 * `entries`: counts, by `FOLDER` or `FOLDER: KIND`.
 * @typedef {object} Measured
 * @property {Record<string, number>} entries
 * @property {(baseline: Record<string, number>) => string} summary the line to print on success
 * @property {(key: string) => readonly string[]} [explain] more lines for a key that is worse
 */

/** @typedef {{ exitCode: number, lines: string[] }} Outcome */

/** All counts together. */
export const sum = (entries) => Object.values(entries).reduce((total, count) => total + count, 0);

/** The file that holds the baseline of a check. */
export function baselineFile(root, name) {
  return join(root, 'scripts', 'check', 'baseline', `${name}.json`);
}

/**
 * Compares counts. If a folder is not in the baseline, for example
 * after a package was split, it takes over the counts of the same kind that other folders lost. With
 * `intoKnown` a folder of the baseline does so too. `air` is what rounding may add to a moved count.
 */
export function compareFolders(baseline, measured, { intoKnown = false, air = 0 } = {}) {
  const spare = new Map();
  for (const [key, before] of Object.entries(baseline))
    spare.set(kindOf(key), (spare.get(kindOf(key)) ?? 0) + Math.max(0, before - (measured[key] ?? 0)));
  const known = new Set(intoKnown ? [] : Object.keys(baseline).map(folderOf));
  const taken = {};
  for (const [key, count] of Object.entries(measured)) {
    const left = spare.get(kindOf(key)) ?? 0;
    const more = count - (baseline[key] ?? 0);
    if (known.has(folderOf(key)) || left === 0 || more <= 0 || more > left + air) continue;
    taken[key] = count;
    spare.set(kindOf(key), Math.max(0, left - more));
  }
  return compareCounts({ ...baseline, ...taken }, measured, taken);
}

/** Key by key. `taken`: the counts that were taken over. */
function compareCounts(allowed, measured, taken) {
  const counts = Object.entries(measured).map(([key, count]) => ({ key, count, before: allowed[key] ?? 0 }));
  return {
    worse: counts
      .filter(({ count, before }) => count > before)
      .map(({ key, count, before }) => ({ key, line: `${key}: ${count}, allowed ${before}` })),
    better: [
      ...counts
        .filter(({ count, before }) => count < before)
        .map(({ key, count, before }) => `${key}: ${count}, was ${before}`),
      ...Object.keys(allowed)
        .filter((key) => !(key in measured))
        .map((key) => `${key}: gone, was ${allowed[key]}`),
      ...Object.keys(taken).map((key) => `${key}: taken over from other folders`),
    ],
  };
}

function folderOf(key) {
  return key.split(': ')[0];
}

function kindOf(key) {
  return key.split(': ')[1] ?? '';
}

/** Measures and compares. With a flag it writes the baseline. @returns {Promise<Outcome>} */
export async function runRatchet(check, root, flags = []) {
  const file = baselineFile(root, check.name);
  const measured = await check.measure(root);
  const command = `node scripts/check/${check.name}.mjs`;
  if (flags.includes('--init')) return initialise(file, measured);
  if (!existsSync(file))
    return { exitCode: 1, lines: [`${check.name}: no baseline at ${file}; run \`${command} --init\``] };
  const baseline = JSON.parse(readFileSync(file, 'utf8'));
  const { worse, better } = compareFolders(baseline, measured.entries, check.moves);
  if (worse.length > 0) return { exitCode: 1, lines: refusal(check, measured, worse) };
  if (better.length === 0) return { exitCode: 0, lines: [measured.summary(baseline)] };
  if (flags.includes('--update')) {
    write(file, measured.entries);
    return { exitCode: 0, lines: [...better, measured.summary(measured.entries)] };
  }
  return {
    exitCode: 1,
    lines: [...better, `${check.name}: better than the baseline; run \`${command} --update\``],
  };
}

function refusal(check, measured, worse) {
  const lines = worse.flatMap(({ key, line }) => [line, ...(measured.explain?.(key) ?? [])]);
  return [...lines, `${check.name}: ${worse.length} worse than the baseline, which may only go down`];
}

function initialise(file, measured) {
  if (existsSync(file)) return { exitCode: 1, lines: [`${file} exists; --update lowers it`] };
  write(file, measured.entries);
  return { exitCode: 0, lines: [measured.summary(measured.entries)] };
}

function write(file, entries) {
  mkdirSync(dirname(file), { recursive: true });
  const sorted = Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

/** Runs a check if its file, `url`, is the main program. */
export async function main(url, run) {
  if (process.argv[1] === undefined || url !== pathToFileURL(resolve(process.argv[1])).href) return;
  const args = process.argv.slice(2);
  const flags = args.filter((arg) => arg.startsWith('--'));
  const unknown = flags.filter((flag) => flag !== '--update' && flag !== '--init');
  if (unknown.length > 0) {
    console.error(`unknown option ${unknown.join(' ')}; valid: --update, --init`);
    process.exitCode = 2;
    return;
  }
  const { exitCode, lines } = await run(resolve(args.find((arg) => !arg.startsWith('--')) ?? ROOT), flags);
  for (const line of lines) (exitCode === 0 ? console.log : console.error)(line);
  process.exitCode = exitCode;
}
