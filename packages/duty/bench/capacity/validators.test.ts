import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimsPerSecond, LIVE_CHAIN, validatorsPerCore } from './validators.ts';

test('a validator claims three parts of a round, and each of its slots twice', () => {
  const pace = { roundSeconds: 3, slotSeconds: 6, validators: 2 };
  assert.equal(claimsPerSecond(pace).toFixed(4), (1 + 2 / 12).toFixed(4));
  assert.equal(claimsPerSecond(LIVE_CHAIN).toFixed(4), '0.5011');
});

test('a core serves as many validators as fit into a second', () => {
  assert.equal(validatorsPerCore({ serviceUs: 1_600, storeUs: 900 }), 625);
});
