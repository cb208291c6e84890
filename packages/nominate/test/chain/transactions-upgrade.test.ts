// The runtime changes while a signed nomination and an announcement are on their way: from the one of 2022 to
// the one of 2024, by a real upgrade.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectNode, NodeFault, type NodeRpc } from '@watchbill/chain';
import { type ChopsticksChain, chainOf, runtimeCode } from '@watchbill/testkit/chopsticks';
import { ALICE } from './accounts.ts';
import { landings } from './landings.ts';
import { included, intentFor, makeNominator, programme } from './programme.ts';
import { assertTrue } from './truth.ts';

interface Endpoint {
  readonly node: NodeRpc;
  /** Lets it fail from now on, or no more. */
  readonly fail: (failing: boolean) => void;
}

/** An endpoint to which no extrinsic ever comes through. */
function deafEndpoint(chain: ChopsticksChain): Endpoint {
  const node = connectNode(chain.url, { timeoutMs: 60_000 });
  let deaf = false;
  return {
    fail: (failing) => {
      deaf = failing;
    },
    node: {
      ...node,
      call: async <T>(method: string, params: readonly unknown[] = [], options = {}): Promise<T> => {
        if (deaf && method === 'author_submitExtrinsic')
          throw new NodeFault('timeout', 'nothing was heard of it');
        return node.call<T>(method, params, options);
      },
    },
  };
}

test('what was signed for the old runtime never lands; the new one has each nomination once', async (context) => {
  const chain = await chainOf(context, 'westend-9320');
  const direct = await makeNominator(chain, 'signed before', null);
  const delayed = await makeNominator(chain, 'announced before', { type: 'Any', delay: 6 });
  // The new runtime has one more type in the middle of its list: this proxy is one for governance in it.
  const changed = await makeNominator(chain, 'type changed', { type: 'Staking', delay: 6 });
  const deaf = deafEndpoint(chain);
  const { admit, state, store, turn, until } = await programme(context, chain, {
    signers: [direct.signer, delayed.signer, changed.signer],
    nodes: [deaf.node],
    rules: { period: 4 },
  });
  const [announcing, losing] = [await intentFor(chain, delayed), await intentFor(chain, changed)];
  for (const intent of [announcing, losing]) await admit(intent);
  await until(losing, 4, ({ stage }) => stage === 'announced');
  for (const intent of [announcing, losing]) assert.equal((await state(intent)).stage, 'announced');
  const signing = await intentFor(chain, direct);
  await admit(signing);
  deaf.fail(true);
  await turn();
  const before = await state(signing);
  assert.ok(before.flight?.bytes, 'it is signed, and the node did not hear of it');

  const code = {
    type: 'System',
    value: { type: 'set_code_without_checks', value: { code: runtimeCode('westend-1015000') } },
  };
  await included(chain, ALICE, [
    ['Sudo', 'sudo_unchecked_weight', { call: code, weight: { ref_time: '1000', proof_size: '0' } }],
  ]);
  deaf.fail(false);
  const after = await until(signing, 12);
  assert.equal(after.ending?.reason, 'verified', JSON.stringify(after.waiting));
  const flights = await store.flights(signing.id);
  assert.ok(flights.length > 1);
  assert.deepEqual(new Set(flights.map(({ nonce }) => nonce)), new Set([1]));
  const executed = await until(announcing, 12);
  assert.equal(executed.ending?.reason, 'verified', JSON.stringify(executed.ending ?? executed.waiting));
  assert.equal((await until(losing, 12)).ending?.reason, 'not-a-proxy');
  for (const intent of [signing, announcing, losing]) await assertTrue(chain, store, intent);
  assert.deepEqual(await landings(chain, direct.signer), ['Staking.bond ok', 'Staking.nominate ok']);
  assert.deepEqual(await landings(chain, delayed.signer), [
    'Proxy.announce ok',
    'Proxy.proxy_announced > Staking.nominate ok',
  ]);
  assert.deepEqual(await landings(chain, changed.signer), [
    'Proxy.announce ok',
    'Proxy.remove_announcement ok',
  ]);
});
