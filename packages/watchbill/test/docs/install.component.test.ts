import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { INSTALL, INSTALL_ADD_ON, INSTALL_TARBALL, ROOT } from '@watchbill/testkit/pages/page-run';

const PAGES = ['README.md', ...globSync(['docs/**/*.md', 'packages/*/{,src/*/}README.md'], { cwd: ROOT })];

test('every page that installs the command does it by the same line', () => {
  const wrong: string[] = [];
  let installs = 0;
  for (const page of PAGES) {
    for (const [index, line] of readFileSync(join(ROOT, page), 'utf8').split('\n').entries()) {
      if (line === INSTALL) installs += 1;
      else if (line === INSTALL_TARBALL || INSTALL_ADD_ON.test(`${line}\n`)) continue;
      else if (/^(alias watchbill|npx watchbill|npm (install|i) (-g|--global))/.test(line))
        wrong.push(`${page}:${index + 1} ${line}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(installs >= 9, `${installs} pages install the command`);
});

test('a page that installs the command and uses an add-on installs it too', () => {
  for (const page of PAGES) {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const used = /^watchbill (fleet|nominate|coordinate) /m.exec(text)?.[1];
    if (text.includes(`\n${INSTALL}\n`) && used !== undefined)
      assert.equal(INSTALL_ADD_ON.exec(text)?.[1], used, page);
  }
});
