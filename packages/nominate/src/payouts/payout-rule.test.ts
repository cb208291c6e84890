import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type MetadataFixture, metadataFixture } from '@watchbill/chain/testing';
import { payoutRule } from './payout-rule.ts';

/** Storage items of the pallet `Staking` in a real runtime. */
function itemsOf(runtime: MetadataFixture): ReadonlySet<string> {
  const pallet = metadataFixture(runtime).unified.pallets.find(({ name }) => name === 'Staking');
  const names = new Set(pallet?.storage?.items.map(({ name }) => name));
  assert.ok(names.has('ErasValidatorReward'), `${runtime} has staking`);
  return names;
}

function ruleOf(items: ReadonlySet<string>): string {
  const rule = payoutRule((item) => items.has(item));
  return rule.known ? rule.value : `unknown: ${rule.reason}`;
}

describe('the rule by which a runtime pays, from its metadata', () => {
  test('relays of 2023 and 2024, and Asset Hub of 2026', () => {
    assert.equal(ruleOf(itemsOf('kusama-1000000')), 'first');
    assert.equal(ruleOf(itemsOf('westend-1015000')), 'first');
    assert.equal(ruleOf(itemsOf('asset-hub-2026')), 'pages');
  });

  test('a runtime with only one of the two marks is unknown', () => {
    const all = [...itemsOf('asset-hub-2026')];
    for (const missing of ['DisableMintingGuard', 'ErasValidatorIncentiveWeight'])
      assert.match(
        ruleOf(new Set(all.filter((item) => item !== missing))),
        RegExp(`^unknown: .* without ${missing}: `),
      );
  });
});
