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
