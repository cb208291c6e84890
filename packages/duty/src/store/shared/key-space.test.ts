import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keySpace } from './key-space.ts';

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
  assert.equal(keySpace('').range('').end.length, 0, 'without end');
});

test('a key that is not text is damage, and the fault names the prefix', () => {
  assert.throws(() => keySpace('/w/').decode(Uint8Array.of(0x2f, 0x77, 0x2f, 0xff)), {
    name: 'StoreFault',
    code: 'damaged',
    message: 'a key under the prefix "/w/" is not text',
    remedy: /a different prefix/,
  });
});
