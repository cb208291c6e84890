import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endOfPrefix } from './key-range.ts';

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
