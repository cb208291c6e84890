// A People chain with registrars: judgements, subs, and who has no identity at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blake2Hash, runtimeViews, storedBytes } from '@watchbill/chain/extrinsics';
import { type ChopsticksChain, chainOf } from '@watchbill/testkit/chopsticks';
import { ALICE, account, fund } from './accounts.ts';
import { identityInfo, identityText } from './identity.ts';
import { included } from './programme.ts';
import { factValue, printCounts, readerOf } from './reading.ts';

test('judgements of a People chain', async (context) => {
  const chain = await chainOf(context, 'people-paseo-2000006');
  const [holder, sub, nobody] = [account('judged'), account('sub of the judged'), account('nobody')];
  await fund(chain, [ALICE, holder]);
  const { read } = readerOf(context, chain, { candidates: [holder.key, sub.key, nobody.key] });
  // Without registrars and identities the pallet may be empty because it moved, so all identities are
  // unknown.
  for (const fact of (await read()).identity.values()) assert.equal(fact.known, false);

  await included(chain, holder, [
    ['Identity', 'set_identity', { info: identityInfo('Judged & well') }],
    ['Identity', 'set_subs', { subs: [[sub.key, identityText('two')]] }],
  ]);
  const add = { type: 'add_registrar', value: { account: { type: 'Id', value: ALICE.key } } };
  await included(chain, ALICE, [['Sudo', 'sudo', { call: { type: 'Identity', value: add } }]]);
  await included(chain, holder, [['Identity', 'request_judgement', { reg_index: 0, max_fee: '0' }]]);
  const asked = await read();
  assert.deepEqual(factValue(asked.identity.get(holder.key))?.judgements, ['FeePaid']);
  await included(chain, ALICE, [
    [
      'Identity',
      'provide_judgement',
      {
        reg_index: 0,
        target: { type: 'Id', value: holder.key },
        judgement: { type: 'Reasonable' },
        identity: await identityHash(chain, holder.key),
      },
    ],
  ]);
  const seen = await read();
  printCounts(context, seen);
  assert.deepEqual(factValue(seen.identity.get(sub.key)), {
    account: holder.key,
    display: 'Judged & well',
    isSub: true,
    judgements: ['Reasonable'],
  });
  assert.equal(factValue(seen.identity.get(nobody.key)), null);
  // A chain without staking has none of its facts, each with the reason.
  const [first] = seen.staking.candidates.values();
  for (const fact of Object.values(first ?? {})) assert.equal(fact.known, false);
});

/**
 * One judgement (its number, that a fee of 16 bytes was paid) and the deposit of 16 bytes stand before what
 * is judged.
 */
const BEFORE_INFO = 1 + 4 + 1 + 16 + 16;

async function identityHash({ node }: ChopsticksChain, holder: string): Promise<string> {
  const head = await node.call<string>('chain_getFinalizedHead');
  const { metadata } = await runtimeViews().at(node, head);
  const stored = await storedBytes(node, metadata, ['Identity', 'IdentityOf'], [holder], head);
  assert.ok(stored !== null);
  return blake2Hash(stored.subarray(BEFORE_INFO));
}
