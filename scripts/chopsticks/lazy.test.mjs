import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makingCodeLazily } from './lazy.mjs';

const HINT = [0x0e, 5, 1, 2, 1, 2, 3, 0];

test('code of functions is made when they are called, whatever is hinted', () => {
  const before = Uint8Array.of(7, ...HINT, 9);
  assert.deepEqual([...makingCodeLazily(before)], [7, 0x0e, 5, 1, 1, 1, 1, 3, 1, 9]);
  assert.deepEqual([...before], [7, ...HINT, 9], 'what was given stays');
});

test('an executor that is not known is refused, with what to do', () => {
  for (const bytes of [[], HINT.slice(1), [...HINT, ...HINT]])
    assert.throws(() => makingCodeLazily(Uint8Array.from(bytes)), /another one than .* find the br_table/);
});
