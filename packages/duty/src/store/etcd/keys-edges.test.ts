import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkKey, endOfPrefix, keySpace } from './keys.ts';

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
