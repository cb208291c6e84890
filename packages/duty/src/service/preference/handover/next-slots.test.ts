import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { policyOf } from '../../claim/testing/claim.ts';
import type { DueReport } from '../../contract.ts';
import type { CoreModules } from '../../modules.ts';
import { CHAIN, KEY } from '../../testing/services.ts';
import { clockOf } from '../../testing/world.ts';
import { createNextSlots } from './next-slots.ts';

const OTHER = `0x${'cd'.repeat(32)}`;
const duty = { enabled: true, digestRequired: true, window: 1 };
const OFF = { ...duty, enabled: false };
const UNKNOWN = 'unknown: the next slots of the key are not known: no observer has reported them here';
/** The test begins in this slot; a slot takes a second. */
const NOW = 3_600;

const aura = (change: Partial<Policy> = {}) => ({ ...policyOf({ duties: { aura: duty } }), ...change });

/** The next slots over these policies, whose reports come from `watcher`. */
function ground(context: TestContext, ...policies: readonly Policy[]) {
  const modules = { policies: { all: () => policies }, context: { parts: { clock: clockOf(context) } } };
  const slots = createNextSlots(modules as unknown as CoreModules);
  const tell = (name: string, until: number, own: readonly number[], change: Partial<DueReport> = {}) => {
    const due = [{ key: OTHER, unit: `${NOW}` }, ...own.map((slot) => ({ key: KEY, unit: `${slot}` }))];
    const passes: DueReport['passes'] = [];
    slots.noted({ chain: CHAIN, duty: name, passes, next: { until: `${until}`, due }, ...change }, 'watcher');
  };
  const check = (policy: Policy) => {
    const { state, detail, remedy } = slots.check(policy);
    return `${state}: ${detail}${remedy === undefined ? '' : ` | ${remedy}`}`;
  };
  return { slots, tell, check };
}

test('the next slots are those of the key, the chain and the duty', (context) => {
  const policy = aura();
  const others = [aura({ key: OTHER }), aura({ chain: '0xc2' }), policyOf({ duties: { babe: duty } })];
  const { tell, check } = ground(context, policy, ...others);
  tell('aura', NOW + 16, [NOW + 2, NOW + 1]);
  const remedy = 'Wait until the slot is over, or hand over now: then this slot may be missed.';
  assert.equal(check(policy), `fail: slot ${NOW + 1} of the key begins in 1 s | ${remedy}`);
  assert.equal(check(others[0] ?? assert.fail()), `fail: slot ${NOW} of the key has begun | ${remedy}`);
  assert.equal(check(others[1] ?? assert.fail()), UNKNOWN);
  assert.equal(check(others[2] ?? assert.fail()), UNKNOWN);
});

test('a report of another chain, of a duty that is off or not there, or without slots, says nothing', (context) => {
  const policy = policyOf({ duties: { babe: OFF, aura: duty } });
  const { slots, tell, check } = ground(context, policy);
  tell('aura', NOW + 16, [], { chain: '0xc2' });
  assert.equal(check(policy), UNKNOWN);
  tell('aura-blocks', NOW + 16, []);
  tell('babe', NOW + 16, [NOW + 1]);
  slots.noted({ chain: CHAIN, duty: 'aura', passes: [] }, 'watcher');
  assert.equal(check(policy), UNKNOWN);
  const on = policyOf({ duties: { babe: duty } });
  assert.equal(check(on), UNKNOWN, 'it was off when the report came');
});

test('the newest report counts, also the second one of as many slots, and none of slots too far ahead', (context) => {
  const policy = aura();
  const { tell, check } = ground(context, policy);
  const none = 'ok: no slot of the key begins within 2 s';
  tell('aura', NOW + 65, []);
  assert.equal(check(policy), UNKNOWN);
  tell('aura', NOW + 64, [NOW + 1]);
  assert.match(check(policy), /^fail/);
  tell('aura', NOW + 64, []);
  assert.equal(check(policy), none);
  tell('aura', NOW + 63, [NOW + 1]);
  assert.equal(check(policy), none);
});

test('every slot duty must be known to the end of the next two slots', (context) => {
  const policy = policyOf({ duties: { aura: duty, 'aura-blocks': duty } });
  const { tell, check } = ground(context, policy);
  tell('aura', NOW + 16, []);
  assert.equal(check(policy), UNKNOWN);
  tell('aura-blocks', NOW + 1, []);
  assert.equal(check(policy), UNKNOWN);
  tell('aura-blocks', NOW + 2, []);
  assert.equal(check(policy), 'ok: no slot of the key begins within 2 s');
});

test('a collator duty, or BABE, beside another duty leaves the next slots unknown; a voter has none', (context) => {
  const collator = policyOf({ duties: { aura: duty, 'aura-parachain': { ...duty, window: 64 } } });
  const both = policyOf({ duties: { aura: duty, babe: duty } });
  const { tell, check } = ground(context, both);
  assert.match(check(collator), /^unknown: a collator/);
  for (const name of ['aura', 'babe']) tell(name, NOW + 16, []);
  assert.match(check(both), /^unknown: no secondary slot within 2 s/);
  const voter = policyOf({ duties: { grandpa: { ...duty, window: 64 } } });
  assert.equal(check(voter), 'ok: no duty of the policy has slots');
});
