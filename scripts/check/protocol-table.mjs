// The tables of protocol.md: each numbered sentence has one row, and each file, test and
// search that a row names exists. Each duty of packages/duty/src/rule/duties.ts has a row with its values.
//
// node scripts/check/protocol-table.mjs [FOLDER]

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { main } from './ratchet.mjs';
import { textOf } from './sources.mjs';

const PAGE = 'docs/duty/explanation/protocol.md';
const HEADING = /^## 9\. /m;
const COLUMNS = 5;
/** `[label](path)`, and after it an optional name in backticks. */
const REFERENCE = /\[[^\]]*\]\(([^)#\s]+)\)(?: `([^`]+)`)?/g;
/** Instead of a reference: the words and a reason. */
const EXCUSES = { code: /^none: \S/, test: /^not yet: \S/, model: /^(?:none|not yet): \S/ };

/**
 * @typedef {object} Row
 * @property {number} number of the sentence
 * @property {Record<'code' | 'test' | 'model', string>} cells
 */

/**
 * The text above the table, and the rows of the table. Throws if there is no such heading.
 * @param {string} page
 * @returns {{ text: string, rows: Row[] }}
 */
export function readPage(page) {
  const at = page.search(HEADING);
  if (at === -1) throw new Error(`${PAGE}: no heading "## 9. …", which the table follows`);
  const lines = page.slice(at).split('\n');
  const rows = lines.flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.length !== COLUMNS + 2 || !/^\d+$/.test(cells[1])) return [];
    return [{ number: Number(cells[1]), cells: { code: cells[3], test: cells[4], model: cells[5] } }];
  });
  return { text: page.slice(0, at), rows };
}

/** Sentences without a row, rows without a sentence, and numbers that occur twice. */
function problemsOfNumbers(text, rows) {
  const marks = [...text.matchAll(/▸(\d*)/g)].map((match) => Number(match[1]));
  const numbers = rows.map(({ number }) => number);
  const twice = (list) => [...new Set(list.filter((each, at) => list.indexOf(each) !== at))];
  return [
    ...marks.filter((mark) => !numbers.includes(mark)).map((mark) => `▸${mark || ''} has no row`),
    ...numbers
      .filter((number) => !marks.includes(number))
      .map((number) => `row ${number} has no ▸${number} in the text`),
    ...twice(numbers).map((number) => `two rows have number ${number}`),
    // A sentence may be referred to once more; its own mark comes first.
    ...marks.filter((mark, at) => mark === 0 && marks.indexOf(mark) === at).map(() => 'a ▸ has no number'),
  ];
}

/** True if a source has this name between quotes, also with escaped quotes in it, or as a Rust function. */
function hasTest(source, name) {
  const escaped = name.replaceAll("'", "\\'");
  const spellings = [`'${name}'`, `'${escaped}'`, `"${name}"`, `\`${name}\``, `fn ${name}(`];
  return spellings.some((spelling) => source.includes(spelling));
}

/**
 * @param {string} root
 * @param {Row} row
 * @param {'code' | 'test' | 'model'} column
 * @param {readonly { name: string, model: string }[]} searches
 */
function problemsOfCell(root, { number, cells }, column, searches) {
  const cell = cells[column];
  if (EXCUSES[column].test(cell)) return [];
  const references = [...cell.matchAll(REFERENCE)];
  if (references.length === 0) {
    return [`row ${number}, ${column}: "${cell}" names no file; write a link, or ${EXCUSES[column]}`];
  }
  return references.flatMap(([, target, name]) => {
    const file = join(dirname(PAGE), target);
    const where = `row ${number}, ${column}: ${file}`;
    if (!existsSync(join(root, file))) return [`${where} does not exist`];
    if (column === 'code') return [];
    if (name === undefined) return [`${where}: add the name of the ${column} in backticks`];
    const isThere =
      column === 'test'
        ? hasTest(textOf(root, file), name)
        : searches.some((search) => search.name === name && `spec/${search.model}` === file);
    return isThere ? [] : [`${where} has no ${column === 'test' ? 'test' : 'search'} "${name}"`];
  });
}

/**
 * Everything that is wrong with the table; empty if it is right. Throws if the page or its table is missing.
 * @param {string} root the folder of the project
 * @param {readonly { name: string, model: string }[]} searches of spec/duty
 * @returns {readonly string[]} one line each
 */
export function problemsOf(root, searches) {
  const { text, rows } = readPage(textOf(root, PAGE));
  if (rows.length === 0) throw new Error(`${PAGE}: the table of section 9 has no rows`);
  const columns = /** @type {const} */ (['code', 'test', 'model']);
  return [
    ...problemsOfNumbers(text, rows),
    ...rows.flatMap((row) => columns.flatMap((column) => problemsOfCell(root, row, column, searches))),
  ];
}

/** The row of a duty, as the page must have it. */
function rowOf({ name, fields, parts, digestBytes, owner, repeat, window, ceiling, claimants }) {
  const unit = fields.map((field) => field.name).join(', ');
  const cells = [unit, parts.join(', '), digestBytes, owner, repeat, window, ceiling, claimants];
  return `| \`${name}\` | ${cells.join(' | ')} |`;
}

/**
 * The duties whose row is missing or wrong, and rows of duties that do not exist.
 * @param {string} page
 * @param {readonly import('../../packages/duty/src/rule/duties.ts').Duty[]} duties
 * @returns {readonly string[]} one line each
 */
export function dutyProblems(page, duties) {
  const rows = page
    .split('\n')
    .filter((line) => /^\| `[a-z-]+` \|/.test(line) && line.split('|').length === 11);
  const wanted = duties.map(rowOf);
  return [
    ...wanted.filter((row) => !rows.includes(row)).map((row) => `section 3 lacks the row ${row}`),
    ...rows.filter((row) => !wanted.includes(row)).map((row) => `section 3: no duty is ${row}`),
  ];
}

/** Reads a tree. */
export async function run(root) {
  const { searchesOf } = await import('../models/searches.mjs');
  const { DUTIES } = await import('@watchbill/duty/rule');
  const problems = [...problemsOf(root, searchesOf('duty')), ...dutyProblems(textOf(root, PAGE), DUTIES)];
  return { exitCode: problems.length === 0 ? 0 : 1, lines: problems.map((problem) => `${PAGE}: ${problem}`) };
}

await main(import.meta.url, run);
