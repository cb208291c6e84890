// Writes mutations.md from results.json, which it first brings up to date with the reports
// in the cache, and from explained.json.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../pinned.mjs';
import { fill, table } from '../reference/markdown.mjs';
import { explains, readExplanations } from './explained.mjs';
import { changeOf, readReport } from './report.mjs';
import { mergeResults, readResults, resultOf, writeResults } from './results.mjs';
import { RUST_PACKAGE, RUST_TARGET, readRustFile, rustFiles } from './rust.mjs';
import { mutatedFiles, TARGETS } from './targets.mjs';

export const PAGE = 'docs/duty/explanation/mutations.md';

const ROOMS = [...['rule', 'store', 'service'].map((room) => `packages/duty/src/${room}`), RUST_PACKAGE];

/**
 * Takes over the reports of this machine, and writes the page from all results.
 * @param {readonly string[]} chosen names of targets: reports of others are not taken over
 * @returns {number} the exit code: 1 if a survivor has no explanation, or an explanation no survivor
 */
export function writePage(chosen) {
  const files = [...TARGETS.flatMap((target) => mutatedFiles(target)), ...rustFiles()];
  const results = mergeResults(readResults(), freshResults(chosen), files);
  writeResults(results);
  const { text, open, stale } = renderPage(groupsOf(results, files), readExplanations());
  writeFileSync(join(ROOT, PAGE), text);
  for (const line of [...open, ...stale]) process.stderr.write(`${line}\n`);
  process.stdout.write(`${PAGE}: ${open.length} survivors without an explanation\n`);
  return open.length + stale.length === 0 ? 0 : 1;
}

/** The results of the files that have a report on this machine. */
function freshResults(chosen) {
  const targets = TARGETS.filter(({ name }) => chosen.includes(name));
  const rust = chosen.includes(RUST_TARGET) ? rustFiles() : [];
  return [
    ...targets.flatMap((target) => mutatedFiles(target)).flatMap(freshResult),
    ...rust.flatMap((file) => resultIn(file, readRustFile(file))),
  ];
}

/** Of the last full run, else of a first look. */
function freshResult(file) {
  const full = resultIn(file, readReport(file));
  return full.length > 0 ? full : resultIn(file, readReport(file, 'near'), true);
}

function resultIn(file, mutants, near = false) {
  return mutants === undefined ? [] : [resultOf(file, mutants, near)];
}

/**
 * The results of one room. `missing`: its files that were never run.
 * @typedef {{ name: string, files: readonly import('./results.mjs').FileResult[], missing: readonly string[]
 *   }} Group
 */

/**
 * @param {readonly import('./results.mjs').FileResult[]} results
 * @param {readonly string[]} files all files that are mutated
 * @returns {readonly Group[]} without rooms of which no file was run
 */
export function groupsOf(results, files) {
  const known = new Set(results.map(({ file }) => file));
  return ROOMS.map((name) => ({
    name,
    files: results.filter(({ file }) => file.startsWith(`${name}/`)),
    missing: files.filter((file) => file.startsWith(`${name}/`) && !known.has(file)),
  })).filter((group) => group.files.length > 0);
}

/**
 * @param {readonly Group[]} groups
 * @param {ReturnType<typeof readExplanations>} explanations
 * @returns {{ text: string, open: readonly string[], stale: readonly string[] }} `stale`: explanations
 *   that fit no survivor
 */
export function renderPage(groups, { explained, added }) {
  const files = groups.flatMap((group) => group.files);
  const pairs = files.flatMap(pairsOf);
  const whyOf = (file, mutant) => explained.find((each) => explains(each, file, mutant))?.why;
  const reported = new Set(files.map(({ file }) => file));
  return {
    text: fill(new URL('page.md', import.meta.url), {
      rooms: groups.map((group) => section(group, whyOf)).join('\n'),
      added: addedSection(added),
    }),
    open: pairs
      .filter(({ file, mutant }) => whyOf(file, mutant) === undefined)
      .map(({ file, mutant }) => `${file}:${mutant.line}: no explanation for ${change(mutant)}`),
    stale: explained
      .filter(
        (each) => reported.has(each.file) && !pairs.some(({ file, mutant }) => explains(each, file, mutant)),
      )
      .map(({ file, code }) => `explained.json: no survivor in ${file} contains ${code}`),
  };
}

const pairsOf = ({ file, survivors }) => survivors.map((mutant) => ({ file, mutant }));

function section({ name, files, missing }, whyOf) {
  const inside = (file) => file.slice(name.length + 1);
  const mutated = files.filter(({ all }) => all > 0);
  const rows = mutated.map((result) => row(`\`${inside(result.file)}\``, result));
  const left = mutated.flatMap(pairsOf);
  const parts = [
    `## ${name}`,
    table(['file', 'mutants', 'killed', 'survived', 'timed out'], [...rows, row('**all**', sum(mutated))]),
    ...(missing.length === 0
      ? []
      : [`Not run yet: ${missing.map((file) => `\`${inside(file)}\``).join(', ')}.`]),
    ...nearNote(
      mutated.filter(({ near }) => near),
      inside,
    ),
    left.length === 0 ? 'No mutant survived.' : survivorTable(left, whyOf, shortNames(mutated)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function nearNote(results, inside) {
  if (results.length === 0) return [];
  const names = results.map(({ file }) => `\`${inside(file)}\``).join(', ');
  return [`Judged only by the tests named after the file, or of its folder: ${names}.`];
}

function sum(results) {
  const total = (field) => results.reduce((all, result) => all + result[field], 0);
  return {
    all: total('all'),
    killed: total('killed'),
    survived: total('survived'),
    timeouts: total('timeouts'),
  };
}

/** As much of the end of each path as no other file of the section has. @returns {Map<string, string>} */
function shortNames(results) {
  const paths = results.map(({ file }) => file);
  const short = (path) => {
    const pieces = path.split('/');
    for (let count = 1; count < pieces.length; count++) {
      const end = pieces.slice(-count).join('/');
      if (paths.filter((other) => other.endsWith(`/${end}`)).length === 1) return end;
    }
    return path;
  };
  return new Map(paths.map((path) => [path, short(path)]));
}

function row(name, { all, killed, survived, timeouts }) {
  return [name, all, killed, survived, timeouts];
}

/** Survivors with the same explanation share a row. */
function survivorTable(left, whyOf, names) {
  const byReason = Map.groupBy(left, ({ file, mutant }) => `${file}\0${whyOf(file, mutant) ?? '**open**'}`);
  const rows = [...byReason].map(([key, list]) => {
    const [file, why] = key.split('\0');
    const places = list.map(({ mutant }) => `${mutant.line}: ${change(mutant)}`);
    return [`\`${names.get(file)}\``, [...new Set(places)].join('<br>'), why];
  });
  return `The survivors, and why they may survive:\n\n${table(['file', 'line: mutation', 'why'], rows)}`;
}

function addedSection(added) {
  if (added.length === 0) return '';
  const rows = added.map(({ file, what, test }) => [`\`${file}\``, what, test]);
  return `## Killed by a test that was added

These mutants survived an earlier run.

${table(['file', 'mutation', 'test'], rows)}
`;
}

const change = (mutant) => changeOf(mutant, quoted);

function quoted(code) {
  return code.includes('`') ? `\`\` ${code} \`\`` : `\`${code}\``;
}
