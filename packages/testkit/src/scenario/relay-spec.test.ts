import assert from 'node:assert/strict';
import { test } from 'node:test';
import { genesisPatch } from './relay-spec.ts';

test('the session keys of Alice are those of the published development genesis', () => {
  const { session } = genesisPatch(['Alice']) as { session: { keys: readonly unknown[] } };
  // As in packages/testkit/chain-specs/sources/westend.json.
  const stash = '5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY';
  const alice = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
  const keys = {
    grandpa: '5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu',
    babe: alice,
    para_validator: alice,
    para_assignment: alice,
    authority_discovery: alice,
    beefy: 'KW39r9CJjAVzmkf9zQ4YDb2hqfAVGdRqn53eRqyruqpxAP5YL',
  };
  assert.deepEqual(session.keys, [[stash, stash, keys]]);
});
