import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyDocument } from '../testing/services.ts';
import { markName } from './keys.ts';
import { createHeldPolicies, type HeldPolicy } from './policies.ts';

function held(key: string, allowedSkewMs: number): HeldPolicy {
  const document = policyDocument();
  const ceilings = { ...document.ceilings, allowedSkewMs };
  const policy = { ...document, key, ceilings, versionId: 'v', version: 1, mode: 'enforce' } as const;
  return { policy, pointerText: `${key} ${allowedSkewMs}` };
}

test('the list and the smallest skew follow every change of a policy', () => {
  const policies = createHeldPolicies();
  const seen = () => `${policies.all().length} ${policies.leastSkewMs()}`;
  const found = [seen()];
  for (const entry of [held('0x01', 500), held('0x02', 200), held('0x02', 900)]) {
    policies.set(entry);
    found.push(seen());
  }
  policies.delete(markName(policyDocument().chain, '0x01', ''));
  assert.deepEqual([...found, seen()], ['0 Infinity', '1 500', '2 200', '2 500', '1 900']);
});

test('the smallest skew of a hundred thousand policies is found', () => {
  const policies = createHeldPolicies();
  for (let at = 0; at < 100_000; at += 1) policies.set(held(`0x${at.toString(16)}`, 500));
  assert.equal(policies.leastSkewMs(), 500);
});
