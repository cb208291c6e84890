// A relay of 2026 that still carries the staking pallet which it no longer uses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainOf } from '@watchbill/testkit/chopsticks';
import { VALIDATORS } from './accounts.ts';
import { factValue, printCounts, readerOf } from './reading.ts';

test('stakes that were left behind when staking moved away are not believed', async (context) => {
  const chain = await chainOf(context, 'paseo-2003001');
  const [validator = ''] = VALIDATORS;
  const { read } = readerOf(context, chain, { candidates: VALIDATORS });
  const here = await read();
  printCounts(context, here);
  assert.equal(factValue(here.staking.candidates.get(validator)?.validating), true);
  // The runtime has no identities, so they are unknown.
  const identity = here.identity.get(validator);
  assert.ok(identity?.known === false && /no Identity/.test(identity.reason));

  await chain.setStorage({ StakingAhClient: { Mode: 'Active' } });
  const moved = await read();
  assert.equal(moved.roles.staking.failure, null);
  for (const fact of Object.values(moved.staking.candidates.get(validator) ?? {}))
    assert.ok(!fact.known && /moved away/.test(fact.reason));
  assert.equal(moved.staking.eras.active.known, false);
  // Sessions are still here.
  assert.deepEqual(factValue(moved.relay.activeSet), VALIDATORS);
  assert.ok('beefy' in (factValue(moved.relay.sessionKeys.get(validator)) ?? {}));
});
