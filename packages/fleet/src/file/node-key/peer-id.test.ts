import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerIdOf } from './peer-id.ts';

test('the peer id of a known key is the one that Substrate nodes print for it', () => {
  // `--node-key 00…01` of the tutorials of Substrate.
  const key = new Uint8Array(32);
  key[31] = 1;
  assert.equal(peerIdOf(key), '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp');
});

test('a key of another length is not a node key', () => {
  for (const length of [0, 31, 33, 64]) assert.throws(() => peerIdOf(new Uint8Array(length)), RangeError);
});
