import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ecdsaKey } from '../testing/ecdsa-key.ts';
import { keyFromSecret } from './from-secret.ts';
import { ownerStatement, type SessionKey, verifySessionProof } from './session-proof.ts';

const OWNER = new Uint8Array(32).fill(7);
const TYPES = [
  ['gran', 'ed25519'],
  ['babe', 'sr25519'],
  ['para', 'sr25519'],
  ['beef', 'ecdsa'],
] as const;

function made(owner: Uint8Array): { readonly keys: readonly SessionKey[]; readonly proof: Uint8Array } {
  const pairs = TYPES.map(([type, scheme], index) => {
    const secret = new Uint8Array(32).fill(index + 1);
    return { type, pair: scheme === 'ecdsa' ? ecdsaKey(secret) : keyFromSecret(scheme, secret) };
  });
  return {
    keys: pairs.map(({ type, pair }) => ({ type, key: pair.publicKey })),
    proof: Uint8Array.from(Buffer.concat(pairs.map(({ pair }) => pair.sign(ownerStatement(owner))))),
  };
}

test('a signature of every key over the owner is a proof, in their order and with nothing behind it', () => {
  const { keys, proof } = made(OWNER);
  assert.ok(verifySessionProof(keys, OWNER, proof));
  assert.ok(!verifySessionProof(keys, new Uint8Array(32), proof), 'of another owner');
  assert.ok(!verifySessionProof(keys.toReversed(), OWNER, proof), 'in another order');
  assert.ok(!verifySessionProof(keys, OWNER, Uint8Array.of(...proof, 0)), 'something behind it');
  assert.ok(!verifySessionProof(keys, OWNER, proof.slice(0, -1)), 'cut');
  assert.ok(!verifySessionProof(keys, OWNER, new Uint8Array()), 'empty');
  assert.ok(!verifySessionProof([], OWNER, new Uint8Array()), 'of no keys');
});

test('a changed byte is no proof', () => {
  const { keys, proof } = made(OWNER);
  fc.assert(
    fc.property(fc.nat({ max: proof.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Uint8Array.from(proof);
      changed[at] = (changed[at] ?? 0) ^ flip;
      assert.ok(!verifySessionProof(keys, OWNER, changed));
    }),
    { numRuns: 60 },
  );
});

test('a key of a type that is not known is tried by its length', () => {
  const aura = keyFromSecret('ed25519', new Uint8Array(32).fill(9));
  const proof = aura.sign(ownerStatement(OWNER));
  assert.ok(verifySessionProof([{ type: 'aura', key: aura.publicKey }], OWNER, proof));
  assert.ok(
    !verifySessionProof([{ type: 'babe', key: aura.publicKey }], OWNER, proof),
    'a type that is known',
  );
});
