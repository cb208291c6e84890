import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, shortHex, table } from './table.ts';

test('columns are as wide as their widest cell and lines end without spaces', () => {
  assert.equal(table(['a', 'long', 'c'], [['xyz', '1', '']]), 'a    long  c\nxyz  1\n');
});

test('control characters never reach a terminal', () => {
  assert.equal(printable('a\u001b[2J\nb\u009b'), 'a?[2J?b?');
  assert.ok(!table(['h'], [['\u001b[31m']]).includes('\u001b'));
});

test('only long hexadecimal texts are shortened', () => {
  assert.equal(shortHex('0x1234'), '0x1234');
  assert.equal(shortHex(`0x${'ab'.repeat(32)}`), '0xabababab…ababab');
});
