import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blockCommands } from '@watchbill/testkit/pages/command-lines';
import { ROOT } from '@watchbill/testkit/pages/page-run';

const STAMP = /^run on \d{4}-\d\d-\d\d with watchbill \d+\.\d+\.\d+, .+$/m;

/** How-tos without a block of commands, so that a test has none to run. */
const WITHOUT_COMMANDS: readonly string[] = ['docs/duty/how-to/refused-votes.md'];

const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
const pages = globSync(['docs/install.md', 'docs/*/{how-to,tutorial}/**/*.md'], { cwd: ROOT });

test('no loop of a page waits for ever, but for one that starts a program again in the background', () => {
  const loops = pages.flatMap((page) => textOf(page).match(/^ *(?:until|while) .*\bdo\b/gm) ?? []);
  assert.deepEqual(loops, ['  while true; do']);
});

test('every how-to and tutorial ends with the programs that its commands were run with', () => {
  const without = pages.filter((page) => !STAMP.test(textOf(page)));
  assert.deepEqual(without.sort(), WITHOUT_COMMANDS);
});

test('the pages without commands have none', () => {
  const lines = (page: string) => blockCommands(textOf(page)).map(({ line }) => `${page}:${line}`);
  assert.deepEqual(WITHOUT_COMMANDS.flatMap(lines), []);
});
