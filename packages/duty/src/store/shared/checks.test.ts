import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkKey } from './checks.ts';

test('texts that are no key are refused', () => {
  for (const key of ['', 'a\u0000', 'a\u007f', 'a\u0085', 'a\u009f', 'a\ud800'])
    assert.throws(() => checkKey(key), { name: 'StoreFault', code: 'refused' });
  for (const key of ['mark/chain/key é😀', 'a\u00a0', ' ', '~']) checkKey(key);
});

test('a refusal names the key and the remedy', () => {
  assert.throws(() => checkKey('a\u0000'), {
    message: 'the key "a\\u0000" has a control character or half a surrogate pair',
    remedy: 'use Unicode text without control characters in keys',
  });
});
