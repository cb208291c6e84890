// What pages claim in a table with the column "shown by" has a test, and the test has that name.

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from './page-run.ts';

const COLUMN = 'shown by';
/** Cells that claim nothing. */
const NOTHING = /^(no\b|—)/;

interface Claim {
  readonly line: number;
  readonly cells: readonly string[];
  /** What the product does about it: the cell before the last. */
  readonly ours: string;
  readonly evidence: readonly { readonly path: string; readonly title: string }[];
  /** Text of the last cell that is no evidence. */
  readonly rest: string;
}

/** The rows of all tables whose last column is that of the evidence. */
function claimsOf(text: string): readonly Claim[] {
  const claims: Claim[] = [];
  let inTable = false;
  for (const [at, line] of text.split('\n').entries()) {
    const cells = cellsOf(line);
    if (cells === null) inTable = false;
    else if (cells.at(-1) === COLUMN) inTable = true;
    else if (inTable && !/^-+$/.test(cells[0] ?? '')) claims.push(claimOf(at + 1, cells));
  }
  return claims;
}

function cellsOf(line: string): readonly string[] | null {
  if (!/^\|.*\|$/.test(line)) return null;
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}

function claimOf(line: number, cells: readonly string[]): Claim {
  const parts = (cells.at(-1) ?? '').split('<br>').map((part) => part.trim());
  const found = parts.map((part) => /^\[[^\]]+\]\(([^)]+)\): (.+)$/.exec(part));
  return {
    line,
    cells,
    ours: cells.at(-2) ?? '',
    evidence: found.flatMap((match) =>
      match === null ? [] : [{ path: match[1] ?? '', title: match[2] ?? '' }],
    ),
    rest: parts.filter((_, at) => found[at] === null).join(' '),
  };
}

/** Names of the tests and suites of a file. */
function titlesOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/\b(?:test|it|describe)\(\s*(?:'((?:\\.|[^'\\])*)'|`([^`]*)`|"([^"]*)")/g)].map(
    ([, single, back, double]) => (single ?? back ?? double ?? '').replaceAll("\\'", "'"),
  );
}

const pages = globSync('docs/**/*.md', { cwd: ROOT })
  .map((page) => join(ROOT, page))
  .filter((page) => claimsOf(readFileSync(page, 'utf8')).length > 0);

test('there are pages that claim something', () => {
  assert.ok(pages.length >= 3, pages.join());
});

for (const page of pages) {
  describe(`every claim of ${relative(ROOT, page)}`, () => {
    for (const claim of claimsOf(readFileSync(page, 'utf8'))) {
      test(`line ${claim.line}: ${claim.cells[0]}`, () => {
        if (NOTHING.test(claim.ours))
          return assert.deepEqual(claim.evidence, [], 'what is not there has no test');
        assert.equal(claim.rest, '', 'the cell holds tests alone: [file](path): a part of its title');
        assert.ok(claim.evidence.length > 0, 'a claim without a test');
        for (const { path, title } of claim.evidence) {
          const file = resolve(dirname(page), path);
          assert.ok(existsSync(file), `there is no ${path}`);
          const titles = titlesOf(file);
          assert.ok(
            titles.some((one) => one.includes(title)),
            `${path} has no test whose title has "${title}", but:\n${titles.join('\n')}`,
          );
        }
      });
    }
  });
}
