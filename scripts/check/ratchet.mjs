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
 * @property {typeof compareCounts} [compare] how two results are compared
 * @property {boolean} [optional] a missing baseline is an empty baseline
 */

/**
 * `entries`: a count (or the name of a group) for each violation or kind of violation, by a stable key.
 * @typedef {object} Measured
 * @property {Record<string, number | string>} entries
 * @property {(baseline: Record<string, number | string>) => string} summary the line to print on success
 * @property {(key: string) => readonly string[]} [explain] more lines for a key that is worse
 */

/** @typedef {{ exitCode: number, lines: string[] }} Outcome */

/** The file that holds the baseline of a check. */
export const sum = (entries) => Object.values(entries).reduce((total, count) => total + count, 0);

export function baselineFile(root, name) {
  return join(root, 'scripts', 'check', 'baseline', `${name}.json`);
}

/**
 * Compares counts key by key. `moved(from, to)` returns true if a new key may continue a missing one, for
 * example after a file was renamed. Such a key keeps the allowance of the missing one.
 */
export function compareCounts(baseline, measured, moved = () => false) {
  const gone = Object.keys(baseline).filter((key) => !(key in measured));
  const worse = [];
  const better = [];
  for (const [key, count] of Object.entries(measured)) {
    const origin =
      key in baseline ? key : takeMatching(gone, (from) => moved(from, key) && baseline[from] >= count);
    const before = origin === undefined ? 0 : baseline[origin];
    if (count > before) worse.push({ key, line: `${key}: ${count}, allowed ${before}` });
    else if (origin !== key) better.push(`${key}: was ${origin}`);
    else if (count < before) better.push(`${key}: ${count}, was ${before}`);
  }
  for (const key of gone) better.push(`${key}: gone, was ${baseline[key]}`);
  return { worse, better };
}

/**
 * Compares counts whose keys are `FOLDER` or `FOLDER: KIND`. If a folder is not in the baseline, for example
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
  const { worse, better } = compareCounts({ ...baseline, ...taken }, measured);
  return {
    worse,
    better: [...better, ...Object.keys(taken).map((key) => `${key}: taken over from other folders`)],
  };
}

function folderOf(key) {
  return key.split(': ')[0];
}

function kindOf(key) {
  return key.split(': ')[1] ?? '';
}

function takeMatching(list, matches) {
  const at = list.findIndex(matches);
  return at === -1 ? undefined : list.splice(at, 1)[0];
}

/** Measures and compares. With a flag it writes the baseline. @returns {Promise<Outcome>} */
export async function runRatchet(check, root, flags = []) {
  const file = baselineFile(root, check.name);
  const measured = await check.measure(root);
  const command = `node scripts/check/${check.name}.mjs`;
  if (flags.includes('--init')) return initialise(file, measured);
  if (!existsSync(file) && check.optional !== true)
    return { exitCode: 1, lines: [`${check.name}: no baseline at ${file}; run \`${command} --init\``] };
  const baseline = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const { worse, better } = (check.compare ?? compareCounts)(baseline, measured.entries);
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
