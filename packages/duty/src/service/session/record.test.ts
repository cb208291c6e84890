import assert from 'node:assert/strict';
import { test } from 'node:test';
import { continues, decodeSession, encodeSession } from './record.ts';

test('a session record has one canonical text', () => {
  assert.equal(encodeSession('5c', 7n), '{"counter":"7","session":"5c","v":2}');
  for (const counter of [0n, 7n, 120n])
    assert.deepEqual(decodeSession(encodeSession('5c', counter)), { session: '5c', counter });
});

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

test('a session goes on where the store holds the same or a later renewal', () => {
  const said = encodeSession('5c', 7n);
  assert.equal(continues(said, said), true);
  assert.equal(continues(encodeSession('5c', 8n), said), true);
  assert.equal(continues(encodeSession('5c', 6n), said), false);
  assert.equal(continues(encodeSession('5d', 9n), said), false);
  assert.equal(continues(null, said), false);
});
