import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerIdOf } from './peer-id.ts';

test('the peer id is the one that a node says for its node key', () => {
  const key = Buffer.from('1000000000000000000000000000000000000000000000000000000000000001', 'hex');
  assert.equal(peerIdOf(key), '12D3KooWEu8CgbQXgC1SUR9xWgzbkTG1PwYpwELbpQB5BK6tdANb');
});
