import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ecdsaKey } from '../testing/ecdsa-key.ts';
import { verifyEcdsa } from './ecdsa.ts';

const SECRET = new Uint8Array(32).fill(7);
const MESSAGE = Uint8Array.of(1, 2, 3);

test('a signature is good for its key and message alone', () => {
  const key = ecdsaKey(SECRET);
  assert.equal(key.publicKey.length, 33);
  const signature = key.sign(MESSAGE);
  assert.equal(signature.length, 65);
  assert.deepEqual(key.sign(MESSAGE), signature);
  assert.ok(verifyEcdsa(key.publicKey, MESSAGE, signature));
  assert.equal(verifyEcdsa(key.publicKey, Uint8Array.of(1, 2, 4), signature), false);
  assert.equal(verifyEcdsa(ecdsaKey(new Uint8Array(32).fill(8)).publicKey, MESSAGE, signature), false);
  for (const at of [0, 40, 64]) {
    const changed = Uint8Array.from(signature);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(verifyEcdsa(key.publicKey, MESSAGE, changed), false, `byte ${at}`);
  }
  for (const bytes of [signature.subarray(0, 64), Uint8Array.of(...signature, 0), new Uint8Array(65)])
    assert.equal(verifyEcdsa(key.publicKey, MESSAGE, bytes), false);
});
