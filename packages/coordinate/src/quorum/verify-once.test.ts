import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VerifySignature } from '../keys/port.ts';
import { fakeKey, fakeVerify } from './testing/fake-group.ts';
import { verifyOnce } from './verify-once.ts';

const key = fakeKey('a');
const message = (byte: number) => Uint8Array.from([byte]);

function counted(capacity: number) {
  let checks = 0;
  const verify: VerifySignature = (...signed) => {
    checks += 1;
    return fakeVerify(...signed);
  };
  return { once: verifyOnce(verify, capacity), checks: () => checks };
}

test('a good signature is checked once, for its key and message only', () => {
  const { once, checks } = counted(8);
  const signature = key.sign(message(1));
  for (let i = 0; i < 3; i++) assert.ok(once(key, message(1), signature));
  assert.equal(checks(), 1);
  assert.equal(once(key, message(2), signature), false);
  assert.equal(once(fakeKey('b'), message(1), signature), false);
  assert.equal(once({ ...key, scheme: 'sr25519' }, message(1), signature), true);
  assert.equal(checks(), 4);
});

test('a bad one is checked each time, and pushes out no good one', () => {
  const { once, checks } = counted(1);
  assert.ok(once(key, message(1), key.sign(message(1))));
  for (let i = 0; i < 3; i++) assert.equal(once(key, message(1), new Uint8Array(64)), false);
  assert.ok(once(key, message(1), key.sign(message(1))));
  assert.equal(checks(), 4);
});

test('a bounded number is remembered; the oldest are dropped', () => {
  const { once, checks } = counted(2);
  for (const byte of [1, 2, 3]) once(key, message(byte), key.sign(message(byte)));
  once(key, message(3), key.sign(message(3)));
  assert.equal(checks(), 3);
  once(key, message(1), key.sign(message(1)));
  assert.equal(checks(), 4);
});
