import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detailOf, OUTCOME_REASONS } from './outcome.ts';

test('a detail is one line of at most 500 characters', () => {
  assert.equal(detailOf('a\r\n\tb\u001b[31m'), 'a b [31m');
  const exact = 'x'.repeat(500);
  assert.equal(detailOf(exact), exact);
  assert.equal(detailOf(`${exact}y`), `${'x'.repeat(499)}…`);
});

test('each reason has an explanation', () => {
  for (const text of Object.values(OUTCOME_REASONS)) assert.match(text, /\w+ \w+/);
});
