import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isLoopback } from './loopback.ts';
import { columns, table, widthOf } from './table.ts';
import { hasHidden, visible, visibleLines } from './visible.ts';

test('columns are as wide as their widest cell and lines end without spaces', () => {
  assert.equal(table(['a', 'long', 'c'], [['xyz', '1', '']]), 'a    long  c\nxyz  1\n');
});

test('a column is as wide as a terminal shows its cells', () => {
  const names = ['東京', '👩\u200d🔬', 'Žižkov', 'e\u0301', '한국', 'ｆ'];
  assert.deepEqual(names.map(widthOf), [4, 2, 6, 1, 4, 2]);
  assert.equal(
    columns([
      ['東京', '1'],
      ['\u202eevil', '2'],
      ['a', ''],
    ]),
    '東京        1\n\\u202eevil  2\na\n',
  );
});

test('control characters, direction marks and characters without width are written out', () => {
  assert.equal(visible('a\u001b[2J\nb\u009b'), 'a\\u001b[2J\\u000ab\\u009b');
  assert.equal(
    visible('pay \u202eeve\u2066\u200b\ufeff\u00ad'),
    'pay \\u202eeve\\u2066\\u200b\\ufeff\\u00ad',
  );
  assert.equal(visible('\ud800'), '\\ud800');
  // The joiner of emoji and letters of any script stay.
  assert.equal(visible('👩\u200d🔬 Žižkov 東京'), '👩\u200d🔬 Žižkov 東京');
  assert.ok(!hasHidden(table(['h'], [['\u001b[31m']]).replaceAll('\n', '')));
});

test('text of several lines keeps its line feeds and tabs', () => {
  assert.equal(visibleLines('a\tb\nc\u001b\r\n'), 'a\tb\nc\\u001b\\u000d\n');
});

test('JSON stays the same JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = `${JSON.stringify(value, null, 2)}\n`;
      assert.deepEqual(JSON.parse(visibleLines(text)), JSON.parse(text));
    }),
  );
  assert.deepEqual(JSON.parse(visibleLines(JSON.stringify(['\u202e\u007f\u0085']))), ['\u202e\u007f\u0085']);
});

test('a name that only begins like an address of this machine is not of it', () => {
  const own = 'localhost 127.0.0.1 127.9.9.9 ::1 [::1]'.split(' ');
  const others = '0.0.0.0 :: 127.0.0.1.example 127.0.0.999 localhost.example [::2]'.split(' ');
  assert.deepEqual(['', ...own, ...others].filter(isLoopback), own);
});
