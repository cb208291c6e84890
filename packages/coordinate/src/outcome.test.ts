import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detailOf } from './outcome.ts';

test('a detail is one line of at most 500 characters', () => {
  assert.equal(detailOf('a\r\n\tb\u001b[31m'), 'a b [31m');
  const exact = 'x'.repeat(500);
  assert.equal(detailOf(exact), exact);
  assert.equal(detailOf(`${exact}y`), `${'x'.repeat(499)}…`);
});
