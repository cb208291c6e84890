// Real endpoints that hang, reset, or tell of the past, before one that is honest.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectNode } from '@watchbill/chain';
import { field } from '@watchbill/kit/testing';
import { MOST_NOMINATORS, readChains } from '@watchbill/nominate/chain';
import { chainOf } from '@watchbill/testkit/chopsticks';
import { VALIDATORS } from './accounts.ts';
import { agedEndpoint, hangingEndpoint, hopeless, resettingEndpoint } from './faults.ts';
import { factValue, roleOfNodes } from './reading.ts';

/** On a machine that is far too busy those that answer need it. */
const LIMITS = { probeTimeoutMs: 60_000, callTimeoutMs: 60_000, lagBlocks: 2 };

test('one honest endpoint of four gives every fact; without it every fact is unknown, and none is false', async (context) => {
  const chain = await chainOf(context, 'westend-1015000');
  const [hanging, resetting, aged] = [
    await hangingEndpoint(context, chain),
    await resettingEndpoint(context),
    agedEndpoint(chain),
  ];
  hanging.fail(true);
  await aged.age();
  await chain.newBlock(5);
  const isGone = () => !chain.running();
  const bad = [hanging.node, resetting.node, hopeless(aged.node, isGone)];
  const honest = hopeless(connectNode(chain.url, { timeoutMs: 60_000 }), isGone);
  const request = { candidates: VALIDATORS, nominators: [], mostNominators: MOST_NOMINATORS };
  const [validator = ''] = VALIDATORS;

  const role = roleOfNodes(context, [...bad, honest], LIMITS);
  const roles = { staking: role, relay: role, identity: role };
  const seen = await readChains(roles, request, { nowMs: Date.now() });
  assert.equal(seen.roles.staking.endpoint, honest.address);
  assert.equal(seen.roles.staking.source.block?.number, 7n);
  assert.equal(factValue(seen.staking.candidates.get(validator)?.validating), true);
  assert.deepEqual(role.health().map(field('standing')), ['silent', 'silent', 'behind', 'fit']);

  // The same role, which has seen the newest block, does not fall back to the past when the honest one is
  // gone.
  await chain.stop();
  const gone = await readChains(roles, request, { nowMs: Date.now() });
  for (const { failure } of Object.values(gone.roles)) assert.ok(failure !== null);
  for (const fact of Object.values(gone.staking.candidates.get(validator) ?? {}))
    assert.equal(fact.known, false);
  assert.equal(gone.relay.session.known, false);
  assert.equal(gone.identity.get(validator)?.known, false);
});
