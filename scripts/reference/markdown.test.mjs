import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { filled, NOTICE, rows } from './markdown.mjs';

test('a template takes each value at its place, and refuses one without place and a place without value', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-page-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'page.md');
  writeFileSync(file, '# Page\n\n{{count}} rows, {{count}}:\n\n| name |\n|---|\n{{of all}}\n');
  const page = (values) => filled(pathToFileURL(file), values);
  assert.equal(
    page({ count: 1, 'of all': rows([['a|b $&']]) }),
    `# Page\n\n${NOTICE}\n\n1 rows, 1:\n\n| name |\n|---|\n| a\\|b $& |\n`,
  );
  assert.throws(() => page({ count: 1 }), /no value for of all/);
  assert.throws(() => page({ count: 1, 'of all': '', more: 1 }), /no place for more/);
});
