import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSession } from './record.ts';

test('anything else is refused', () => {
  for (const text of [
    '',
    '{}',
    '{"session":"5c","v":1}',
    '{"counter":"7","session":"5c","v":3}',
    '{"counter":"-1","session":"5c","v":2}',
    '{"counter":"7x","session":"5c","v":2}',
    '{"counter":"07","session":"5c","v":2}',
    '{"session":"5c","v":2}',
  ])
    assert.throws(() => decodeSession(text), /the session record cannot be read/);
});
