import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteText, keySpace } from './keys.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('a range begins at its prefix, or just after the last key of the page before', () => {
  const keys = keySpace('/');
  const starts = [
    keys.range('p/'),
    keys.range('p/', 'a'),
    keys.range('p/', 'p/'),
    keys.range('p/', 'p/1'),
    keys.range('', 'p/1'),
  ].map(({ start }) => text(start));
  assert.deepEqual(starts, ['/p/', '/p/', '/p/\0', '/p/1\0', '/p/1\0']);
  assert.equal(text(keys.range('p/', 'p/1').end), '/p0');
});

test('a key that is not text is damage, and the fault names the prefix', () => {
  assert.throws(() => keySpace('/w/').decode(Uint8Array.of(0x2f, 0x77, 0x2f, 0xff)), {
    name: 'StoreFault',
    code: 'damaged',
    message: 'a key under the prefix "/w/" is not text',
    remedy: /a different prefix/,
  });
});

test('different bytes have different texts, also those that are not UTF-8', () => {
  const texts = Array.from({ length: 256 }, (_, byte) => byteText(Uint8Array.of(0xff, byte)));
  assert.equal(new Set(texts).size, 256);
  assert.equal(byteText(Uint8Array.of(1, 2, 3).subarray(1)), '\u0002\u0003');
});
