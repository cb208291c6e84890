import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkKey, endOfPrefix, keySpace } from './keys.ts';

const prefixes = fc.uint8Array({ maxLength: 4 });

test('a byte string is within the range of a prefix exactly when it begins with it', () => {
  fc.assert(
    fc.property(prefixes, fc.uint8Array({ maxLength: 6 }), (prefix, key) => {
      const end = endOfPrefix(prefix);
      const below = end.length === 1 && end[0] === 0 ? true : Buffer.compare(key, end) < 0;
      const begins = Buffer.compare(key.subarray(0, prefix.length), prefix) === 0;
      assert.equal(Buffer.compare(key, prefix) >= 0 && below, begins);
    }),
  );
});

test('a page goes on after its last key, and never before the prefix', () => {
  const keys = keySpace('/');
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
  assert.equal(text(keys.range('p/').key), '/p/');
  assert.equal(text(keys.range('p/', 'p/1').key), '/p/1\0');
  assert.equal(text(keys.range('p/', 'a').key), '/p/');
  assert.equal(text(keys.range('p/').rangeEnd), '/p0');
});

test('keys that are not keys are refused', () => {
  for (const key of ['', 'a\u0000', 'a\u0085', 'a\ud800']) {
    assert.throws(() => checkKey(key), { name: 'StoreFault', code: 'refused' });
  }
  checkKey('mark/chain/key é😀');
});

test('the end of a prefix is shorter if its last bytes are the highest, and without end if all are', () => {
  const ends = [[1, 2], [1, 0xff], [1, 0xff, 0xff], [0xff], []].map((bytes) => [
    ...endOfPrefix(Uint8Array.from(bytes)),
  ]);
  assert.deepEqual(ends, [[1, 3], [2], [2], [0], [0]]);
});

test('a page that ended with the key that is the prefix goes on after it', () => {
  const { key } = keySpace('/').range('p', 'p');
  assert.equal(Buffer.from(key).toString(), '/p\0');
});

test('bytes that are not text are no key', () => {
  assert.throws(() => keySpace('').decode(Uint8Array.of(0x61, 0xff)), TypeError);
});

test('a refusal names the key, the trouble and the remedy', () => {
  const remedy = 'use text without control characters';
  assert.throws(() => checkKey('a\u0000'), { message: 'the key "a\\u0000" has control characters', remedy });
  assert.throws(() => checkKey('a\ud800'), { message: 'the key "a\\ud800" is not Unicode text', remedy });
});
