import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEV_NAMES, devKey, devPublicKey, ed25519PublicKey } from './dev-keys.ts';

/** As `key inspect --scheme ed25519` of a node prints the secret seed of a name. */
const SEEDS = {
  Alice: 'abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115',
  Bob: '3b7b60af2abcd57ba401ab398f84f4ca54bd6b2140d2503fbcf3286535fe3ff1',
  Ferdie: '1441e38eb309b66e9286867a5cd05902b05413eb9723a685d4d77753d73d0a1d',
} as const;

test('the public key follows from the secret', () => {
  for (const name of ['Alice', 'Bob', 'Ferdie'] as const) {
    const found = ed25519PublicKey(Buffer.from(SEEDS[name], 'hex'));
    assert.equal(Buffer.from(found).toString('hex'), devKey(name).ed25519);
  }
});

test('no two accounts share a key', () => {
  const keys = DEV_NAMES.map(devKey).flatMap(({ sr25519, ed25519, stash }) => [sr25519, ed25519, stash]);
  assert.equal(new Set(keys).size, 3 * DEV_NAMES.length);
  for (const key of keys) assert.match(key, /^[0-9a-f]{64}$/);
});

test('GRANDPA votes with ed25519, everything else with sr25519', () => {
  assert.equal(devPublicKey('Bob', 'gran'), devKey('Bob').ed25519);
  for (const type of ['babe', 'aura', 'imon', 'audi'] as const)
    assert.equal(devPublicKey('Bob', type), devKey('Bob').sr25519);
});

test('BEEFY votes with ecdsa', () => {
  // As `key inspect --scheme ecdsa //Alice` of a node prints it.
  const alice = '020a1091341fe5664bfa1782d5e04779689068c916b04cb365ec3153755684d9a1';
  assert.equal(devPublicKey('Alice', 'beef'), alice);
});
