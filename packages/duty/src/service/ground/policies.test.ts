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

test('the smallest skew follows every change of a policy', () => {
  const policies = createHeldPolicies();
  const skews = [policies.leastSkewMs()];
  for (const entry of [held('0x01', 500), held('0x02', 200), held('0x02', 900)]) {
    policies.set(entry);
    skews.push(policies.leastSkewMs());
  }
  policies.delete(markName(policyDocument().chain, '0x01', ''));
  skews.push(policies.leastSkewMs());
  assert.deepEqual(skews, [Number.POSITIVE_INFINITY, 500, 200, 500, 900]);
});

test('the list of all policies follows every change of a policy', () => {
  const policies = createHeldPolicies();
  const sizes = [policies.all().length];
  policies.set(held('0x01', 500));
  sizes.push(policies.all().length);
  policies.set(held('0x02', 500));
  sizes.push(policies.all().length);
  policies.delete(markName(policyDocument().chain, '0x01', ''));
  assert.deepEqual([...sizes, policies.all().map(({ key }) => key)], [0, 1, 2, ['0x02']]);
});

test('the smallest skew of a hundred thousand policies is found', () => {
  const policies = createHeldPolicies();
  for (let at = 0; at < 100_000; at += 1) policies.set(held(`0x${at.toString(16)}`, 500));
  assert.equal(policies.leastSkewMs(), 500);
});
