import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age, short, shortHex } from './text.ts';

test('only long hexadecimal texts are shortened', () => {
  assert.equal(shortHex('0x1234'), '0x1234');
  assert.equal(shortHex(`0x${'ab'.repeat(32)}`), '0xabababab…ababab');
});

test('a name in a column has at most 40 characters', () => {
  assert.equal(short('a'.repeat(40)), 'a'.repeat(40));
  assert.equal(short('a'.repeat(41)), `${'a'.repeat(39)}…`);
});

test('an age is in the largest unit that fits', () => {
  assert.deepEqual([6_999, 60_000, 18_000_000, 259_200_000].map(age), ['6 s', '1 min', '5 h', '3 d']);
});
