import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endOfPrefix, keySpace } from './key-space.ts';

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

test('a byte string is within the range of a prefix exactly when it begins with it', () => {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
  fc.assert(
    fc.property(bytes(4), bytes(6), (prefix, key) => {
      const end = endOfPrefix(prefix);
      const below = end === null || Buffer.compare(key, end) < 0;
      const begins = Buffer.compare(key.subarray(0, prefix.length), prefix) === 0;
      assert.equal(Buffer.compare(key, prefix) >= 0 && below, begins);
    }),
  );
});

test('the end of a prefix is shorter if its last bytes are the highest, and there is none if all are', () => {
  const ends = [[1, 2], [1, 0xff], [1, 0xff, 0xff], [0xff], []].map((bytes) =>
    endOfPrefix(Uint8Array.from(bytes)),
  );
  assert.deepEqual(
    ends.map((end) => end && [...end]),
    [[1, 3], [2], [2], null, null],
  );
});
