import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { INSTALL, ROOT } from './page-run.ts';

const PAGES = ['README.md', ...globSync(['docs/**/*.md', 'packages/*/README.md'], { cwd: ROOT })];

test('every page that installs the command does it by the same line', () => {
  const wrong: string[] = [];
  let installs = 0;
  for (const page of PAGES) {
    for (const [index, line] of readFileSync(join(ROOT, page), 'utf8').split('\n').entries()) {
      if (line === INSTALL) installs += 1;
      else if (/^(alias watchbill|npx watchbill|npm (install|i) (-g|--global))/.test(line))
        wrong.push(`${page}:${index + 1} ${line}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(installs >= 9, `${installs} pages install the command`);
});
