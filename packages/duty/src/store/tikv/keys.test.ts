import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteText } from './keys.ts';

test('different bytes have different texts, also those that are not UTF-8', () => {
  const texts = Array.from({ length: 256 }, (_, byte) => byteText(Uint8Array.of(0xff, byte)));
  assert.equal(new Set(texts).size, 256);
  assert.equal(byteText(Uint8Array.of(1, 2, 3).subarray(1)), '\u0002\u0003');
});
