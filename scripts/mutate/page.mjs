// Writes docs/explanation/mutations.md from the reports in the cache and from explained.json.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../pinned.mjs';
import { explains, readExplanations } from './explained.mjs';
import { changeOf, countsOf, readReport, survivors } from './report.mjs';
import { RUST_PACKAGE, RUST_TARGET, readRustReport } from './rust.mjs';
import { mutatedFiles, TARGETS } from './targets.mjs';

export const PAGE = 'docs/explanation/mutations.md';

const INTRODUCTION = `# Mutations

A test must be able to fail. \`npm run mutate\` checks that: it changes the code in one small way at a time, for example
\`<\` to \`<=\`, and runs the unit tests. Each changed version is a mutant. If a test fails, the mutant is killed. If all
tests pass, the mutant survives: a test is missing, or the change does not matter. This page lists all survivors, with
the reason. A survivor that is marked **open** has no reason yet, so a test may be missing.

[Stryker](https://stryker-mutator.io) makes the mutants of TypeScript, and [cargo-mutants](https://mutants.rs) those of
Rust. Both work on a copy of the repository. Only unit tests judge the mutants: component tests, scenarios and real nodes
may find more. A mutant that loops or waits without end times out, which counts as much as a failed test.

\`npm run mutate -- --page\` writes this page from the reports of the last runs and from \`scripts/mutate/explained.json\`. Do
not edit it by hand.
`;

/**
 * One file with its mutants.
 * @typedef {{ file: string, mutants: readonly import('./report.mjs').Mutant[] }} FileReport
 */

/**
 * Writes the page.
 * @param {readonly string[]} chosen names of targets
 * @returns {number} the exit code: 1 if a survivor has no explanation, or an explanation no survivor
 */
export function writePage(chosen) {
  const byPackage = Map.groupBy(
    TARGETS.filter(({ name }) => chosen.includes(name)),
    (target) => target.package,
  );
  const groups = [
    ...[...byPackage].map(([name, targets]) => ({
      name: `packages/${name}`,
      files: targets.flatMap(reportsOf),
    })),
    { name: RUST_PACKAGE, files: chosen.includes(RUST_TARGET) ? readRustReport() : [] },
  ].filter(({ files }) => files.length > 0);
  const { text, open, stale } = renderPage(groups, readExplanations());
  writeFileSync(join(ROOT, PAGE), text);
  for (const line of [...open, ...stale]) process.stderr.write(`${line}\n`);
  process.stdout.write(`${PAGE}: ${open.length} survivors without an explanation\n`);
  return open.length + stale.length === 0 ? 0 : 1;
}

/** @returns {readonly FileReport[]} */
function reportsOf(target) {
  return mutatedFiles(target).flatMap((file) => {
    const mutants = readReport(file);
    return mutants === undefined || mutants.length === 0 ? [] : [{ file, mutants }];
  });
}

/**
 * @param {readonly { name: string, files: readonly FileReport[] }[]} groups
 * @param {ReturnType<typeof readExplanations>} explanations
 * @returns {{ text: string, open: readonly string[], stale: readonly string[] }} `stale`: explanations
 *   that fit no mutant
 */
export function renderPage(groups, { explained, added }) {
  const files = groups.flatMap((group) => group.files);
  const pairs = files.flatMap(({ file, mutants }) => survivors(mutants).map((mutant) => ({ file, mutant })));
  const whyOf = (file, mutant) => explained.find((each) => explains(each, file, mutant))?.why;
  const reported = new Set(files.map(({ file }) => file));
  return {
    text: [INTRODUCTION, ...groups.map((group) => section(group, whyOf)), addedSection(added)].join('\n'),
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

function section({ name, files }, whyOf) {
  const rows = files.map(({ file, mutants }) => row(`\`${file.slice(name.length + 1)}\``, countsOf(mutants)));
  const all = row('**all**', countsOf(files.flatMap(({ mutants }) => mutants)));
  const left = files.flatMap(({ file, mutants }) => survivors(mutants).map((mutant) => ({ file, mutant })));
  return `## ${name}

| file | mutants | killed | survived | timed out |
|---|---|---|---|---|
${[...rows, all].join('\n')}

${left.length === 0 ? 'No mutant survived.' : survivorTable(left, whyOf)}
`;
}

function row(name, { all, killed, survived, timeouts }) {
  return `| ${name} | ${all} | ${killed} | ${survived} | ${timeouts} |`;
}

/** Survivors with the same explanation share a row. */
function survivorTable(left, whyOf) {
  const byReason = Map.groupBy(left, ({ file, mutant }) => `${file}\0${whyOf(file, mutant) ?? '**open**'}`);
  const rows = [...byReason].map(([key, list]) => {
    const [file, why] = key.split('\0');
    const places = list.map(({ mutant }) => `${mutant.line}: ${cell(change(mutant))}`);
    return `| \`${file.split('/').slice(-1)[0]}\` | ${[...new Set(places)].join('<br>')} | ${why} |`;
  });
  return `The survivors, and why they may survive:

| file | line: mutation | why |
|---|---|---|
${rows.join('\n')}`;
}

function addedSection(added) {
  if (added.length === 0) return '';
  const rows = added.map(({ file, what, test }) => `| \`${file}\` | ${cell(what)} | ${cell(test)} |`);
  return `## Killed by a test that was added

These mutants survived an earlier run.

| file | mutation | test |
|---|---|---|
${rows.join('\n')}
`;
}

const change = (mutant) => changeOf(mutant, quoted);

function quoted(code) {
  return code.includes('`') ? `\`\` ${code} \`\`` : `\`${code}\``;
}

/** A bar would end the cell. */
function cell(text) {
  return text.replaceAll('|', '\\|');
}
