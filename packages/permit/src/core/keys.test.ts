import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyName } from './keys.ts';

test('the name of a policy has its chain and its key', () => {
  assert.equal(policyName({ chain: '0xc1', key: '0xab' }), '0xc1 0xab');
});
