import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { IDENTITY, policyOf, SEAL, TAKEN } from '../../claim/testing/claim.ts';
import { keys } from '../../ground/keys.ts';
import type { CoreModules } from '../../modules.ts';
import { memoryStore, put } from '../../testing/services.ts';
import { clockOf } from '../../testing/world.ts';
import { askShadow } from './shadow.ts';

/** The shadow claim of node `a` for a slot that `b` has; `policy`: null if the key has none. */
async function shadow(context: TestContext, policy: Policy | null) {
  const clock = clockOf(context);
  const store = memoryStore(context);
  await put(store, keys.mark(SEAL.chain, SEAL.key, 'babe'), TAKEN.headText);
  const none = () => [];
  const modules = {
    identity: IDENTITY,
    context: {
      parts: { clock, store, ledger: { serviceId: 'service-1' } },
      options: { storeTimeoutMs: 1_000 },
    },
    policies: {
      load: async () => {
        await clock.sleep(4);
        return policy === null ? null : { policy, pointerText: '' };
      },
    },
    base: () => ({ openedMs: null, adopted: new Set() }),
    observations: { fresh: none, first: none, known: none },
    watches: { unfit: () => null },
    session: { state: () => 'serving' },
    reports: { held: () => null },
  };
  return askShadow(modules as unknown as CoreModules, SEAL);
}

test('a unit of another node would have been granted; the time of the look is measured', async (context) => {
  assert.deepEqual(await shadow(context, policyOf()), { would: 'would-grant', why: null, tookMs: 4 });
});

test('without a policy it would not have been granted', async (context) => {
  assert.deepEqual(await shadow(context, null), { would: 'would-not', why: 'not-listed', tookMs: 4 });
});

test('a unit that the rule refuses would not have been granted, with the reason of the rule', async (context) => {
  const frozen = { ...policyOf(), mode: 'frozen' } as const;
  assert.deepEqual(await shadow(context, frozen), { would: 'would-not', why: 'key-frozen', tookMs: 4 });
});
