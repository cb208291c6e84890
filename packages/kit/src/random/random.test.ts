import assert from 'node:assert/strict';
import test from 'node:test';
import { randomHex, systemRandom } from './random.ts';

test('random bytes are of the asked length and never given out twice', () => {
  const random = systemRandom();
  const drawn = Array.from({ length: 3_000 }, () => randomHex(random, 16));
  assert.ok(drawn.every((text) => /^[0-9a-f]{32}$/.test(text) && !/^0+$/.test(text)));
  assert.equal(new Set(drawn).size, drawn.length);
  assert.equal(random.bytes(0).length, 0);
  assert.equal(random.bytes(10_000).length, 10_000);
});

test('what was drawn is the caller’s own: changing it changes no later draw', () => {
  const random = systemRandom();
  const first = random.bytes(8);
  const kept = Buffer.from(first).toString('hex');
  random.bytes(8).fill(0);
  assert.equal(Buffer.from(first).toString('hex'), kept);
});
