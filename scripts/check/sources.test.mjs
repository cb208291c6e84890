// Comments, literals, code and imports of a source.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantTree } from './fixture-tree.mjs';
import { importsOf } from './module-imports.mjs';
import { filesOf, piecesOf, without } from './sources.mjs';

const kinds = (source) => piecesOf(source).map(({ kind, start, end }) => [kind, source.slice(start, end)]);

for (const [source, pieces] of [
  [
    "const a = 'it\\'s // no comment'; // one",
    [
      ['string', "'it\\'s // no comment'"],
      ['comment', '// one'],
    ],
  ],
  ['/* two\n * lines */ a()', [['comment', '/* two\n * lines */']]],
  ['const r = /[/"]\\/\'/g; const q = a / b / c;', [['regex', '/[/"]\\/\'/g']]],
  ['return /x"/.test(a)', [['regex', '/x"/']]],
  ['const h = (a + b) / 2 + "/";', [['string', '"/"']]],
  [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a source with a template
    '`a ${b({ c: `d ${"e"}` })} f`',
    [
      ['template', '`a ${'],
      ['template', '`d ${'],
      ['string', '"e"'],
      ['template', '}`'],
      ['template', '} f`'],
    ],
  ],
  ['#!/usr/bin/env node\n"x"', [['string', '"x"']]],
]) {
  test(`pieces of ${JSON.stringify(source)}`, () => assert.deepEqual(kinds(source), pieces));
}

test('blanking keeps offsets and lines', () => {
  const source = 'a; /* b\nc */ d;';
  assert.equal(without(source, piecesOf(source), ['comment']), 'a;     \n     d;');
});

test('imports are read; imports in comments are not', () => {
  const source = [
    "import { a, type T, b as c } from './one.ts';",
    "import type { U } from './two.ts';",
    "import { type V } from './three.ts';",
    "import * as all from 'four';",
    "import './five.ts';",
    "// import { x } from './six.ts';",
    "export { d } from './seven.ts';",
    "export * from './eight.ts';",
    "const lazy = () => import('./nine.ts');",
    "import first, {\n  e,\n} from './ten.ts';",
  ].join('\n');
  const files = ['one', 'two', 'three', 'five', 'seven', 'eight', 'nine', 'ten'].map(
    (name) => `./${name}.ts`,
  );
  assert.deepEqual(importsOf(source).sort(), [...files, 'four'].sort());
});

test('built and generated folders are not read', (t) => {
  const { root } = plantTree(t, {
    'p/a.ts': '',
    'p/gen/b.ts': '',
    'p/dist/c.ts': '',
    'p/node_modules/d/e.ts': '',
  });
  assert.deepEqual(filesOf(root, '**/*.ts'), ['p/a.ts']);
});
