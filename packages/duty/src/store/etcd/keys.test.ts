import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keySpace } from './keys.ts';

test('a page goes on after its last key, and never before the prefix', () => {
  const keys = keySpace('/');
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
  assert.equal(text(keys.range('p/').key), '/p/');
  assert.equal(text(keys.range('p/', 'p/1').key), '/p/1\0');
  assert.equal(text(keys.range('p/', 'a').key), '/p/');
  assert.equal(text(keys.range('p/').rangeEnd), '/p0');
  assert.deepEqual([...keySpace('').range('').rangeEnd], [0], 'a zero byte means: without end');
});

test('a page that ended with the key that is the prefix goes on after it', () => {
  const { key } = keySpace('/').range('p', 'p');
  assert.equal(Buffer.from(key).toString(), '/p\0');
});

test('bytes that are not text are no key', () => {
  assert.throws(() => keySpace('').decode(Uint8Array.of(0x61, 0xff)), TypeError);
});
