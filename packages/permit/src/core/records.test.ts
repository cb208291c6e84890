import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBytes, toSharedBytes } from './records.ts';

test('the shared bytes of a text are its bytes, encoded once, for a bounded number of texts', () => {
  const text = '{"epoch":"ä"}';
  const first = toSharedBytes(text);
  assert.deepEqual(first, toBytes(text));
  assert.equal(toSharedBytes(`{"epoch":${JSON.stringify('ä')}}`), first);
  for (let n = 0; n < 4_096; n++) assert.deepEqual(toSharedBytes(String(n)), toBytes(String(n)));
  assert.notEqual(toSharedBytes(text), first, 'it was forgotten');
  assert.deepEqual(toSharedBytes(text), first);
});
