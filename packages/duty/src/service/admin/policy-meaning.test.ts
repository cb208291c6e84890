import assert from 'node:assert/strict';
import test from 'node:test';
import type { PolicyDocument } from '../contract.ts';
import { ask, CHAIN, KEY, policyDocument, startAdopted, vote } from '../testing/services.ts';

/** Changes of a policy that would grant a unit a second time, or that the store would refuse. */

const wire = (roundScope: 'unscoped' | 'node-set'): Partial<PolicyDocument> => ({
  originalWire: { enabled: true, slotDuty: 'babe', roundScope },
});
const noDigests = {
  babe: { enabled: true, digestRequired: false, window: 1 },
  grandpa: { enabled: true, digestRequired: false, window: 64 },
};

test('a policy that counts units in another way needs floors in the same transaction', async (context) => {
  const floors = { babe: null, grandpa: null };
  const start = { duties: noDigests, ...wire('unscoped') };
  const { permit } = await startAdopted(context, start);
  const scoped = policyDocument({ duties: noDigests, ...wire('node-set') });
  await assert.rejects(permit.applyPolicy(scoped, 'test'), {
    code: 'meaning-changed',
    message: /rounds=scoped/,
  });
  const slots = { ...policyDocument({ duties: noDigests, ...wire('unscoped') }) };
  const longer = { ...slots, ceilings: { ...slots.ceilings, slotMs: 2_000 } };
  await assert.rejects(permit.applyPolicy(longer, 'test'), {
    code: 'meaning-changed',
    message: /slotMs=2000/,
  });
  const request = { chain: CHAIN, key: KEY, confirmation: 'every signer is stopped' };
  await permit.adopt({ ...request, floors: { ...floors, grandpa: '5/10' }, policy: scoped }, 'test');
  const [policy] = await permit.policies();
  assert.equal(policy?.originalWire.roundScope, 'node-set');
  await permit.observe({ chain: CHAIN, setId: '5', round: '9' }, 'watcher');
  const prevote = (unit: string) => ({ duty: 'grandpa', unit, part: 'prevote', digest: vote('01') }) as const;
  assert.equal(await ask(permit, 'a', prevote('5/10')), 'denied:below-floor');
  assert.equal(await ask(permit, 'a', prevote('5/11')), 'granted:new');
});
