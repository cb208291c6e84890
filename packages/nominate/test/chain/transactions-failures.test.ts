// Refusals of a chain, on real runtimes: every end has its reason, and no transaction follows it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeCall, runtimeViews } from '@watchbill/chain/extrinsics';
import { transactionCrypto } from '@watchbill/nominate/chain';
import type { Intent } from '@watchbill/nominate/transactions';
import { type ChopsticksChain, chainOf } from '@watchbill/testkit/chopsticks';
import { account, fund, VALIDATORS } from './accounts.ts';
import { landings } from './landings.ts';
import { included, intentFor, makeNominator, type Nominator, programme, tried } from './programme.ts';
import { announcementsOf, assertTrue, nominatedBy } from './truth.ts';

const STRANGER = account('stranger');

/** The hash that an announcement of the intent has. */
async function callHashOf({ node }: ChopsticksChain, { targets }: Intent): Promise<string> {
  const { metadata } = await runtimeViews().at(node, await node.call('chain_getFinalizedHead'));
  const call = encodeCall(metadata, 'Staking', 'nominate', { targets });
  assert.ok(call.result === 'bytes');
  return transactionCrypto.hash256(`0x${Buffer.from(call.bytes).toString('hex')}`);
}

/** `proxy_announced` from another account: any account may send it. */
function executeBy({ stash, signer }: Nominator, targets: readonly string[]) {
  const nominate = { type: 'Staking', value: { type: 'nominate', value: { targets } } };
  const args = { delegate: signer.key, real: stash.key, force_proxy_type: null, call: nominate };
  return ['Proxy', 'proxy_announced', args] as const;
}

test('a runtime that filters staking calls: a direct nomination fails in its block, a proxied one inside it', async (context) => {
  const chain = await chainOf(context, 'paseo-2003001');
  const direct = { stash: account('paseo direct'), signer: account('paseo direct') };
  const proxied = { stash: account('paseo stash'), signer: account('paseo proxy') };
  await fund(chain, [direct.stash, proxied.stash, proxied.signer]);
  await included(chain, proxied.stash, [
    ['Proxy', 'add_proxy', { delegate: proxied.signer.key, proxy_type: 'Staking', delay: 0 }],
  ]);
  const { admit, store, until } = await programme(context, chain, {
    signers: [direct.signer, proxied.signer],
  });
  const intents = [await intentFor(chain, direct, { way: 'direct' }), await intentFor(chain, proxied)];
  for (const intent of intents) await admit(intent);
  const ends: string[] = [];
  for (const intent of intents) {
    const { ending } = await until(intent, 8);
    ends.push(`${ending?.result} ${ending?.reason} ${ending?.detail.split(': ').at(-1)}`);
    await assertTrue(chain, store, intent);
    assert.equal(await nominatedBy(chain, intent.nominator), null);
  }
  assert.deepEqual(ends, [
    'failed dispatch-failed System.CallFiltered',
    'failed inner-failed System.CallFiltered',
  ]);
  assert.deepEqual(await landings(chain, direct.signer), ['Staking.nominate System.CallFiltered']);
  assert.deepEqual(await landings(chain, proxied.signer), [
    'Proxy.proxy > Staking.nominate inner System.CallFiltered',
  ]);
});

test('a StakingOperator is not a proxy that nominates, and nothing is sent', async (context) => {
  const chain = await chainOf(context, 'asset-hub-2026');
  const operated = await makeNominator(chain, 'operated', { type: 'StakingOperator', delay: 0 });
  const { admit, store, until } = await programme(context, chain, { signers: [operated.signer] });
  const intent = await intentFor(chain, operated);
  await admit(intent);
  assert.equal((await until(intent, 4)).ending?.reason, 'not-a-proxy');
  assert.deepEqual(await landings(chain, operated.signer), []);
  await assertTrue(chain, store, intent);
  // So says the chain as well.
  const nominate = { type: 'Staking', value: { type: 'nominate', value: { targets: VALIDATORS } } };
  const args = { real: operated.stash.key, force_proxy_type: null, call: nominate };
  assert.deepEqual(await tried(chain, operated.signer, [['Proxy', 'proxy', args]]), [
    'inner System.CallFiltered',
  ]);
});

test('proxies and announcements on a relay chain: each ends as the chain has it', async (context) => {
  const chain = await chainOf(context, 'westend-1015000');
  const inner = await makeNominator(chain, 'inner', { type: 'Staking', delay: 0, bonded: false });
  const announced = await makeNominator(chain, 'announced inner', {
    type: 'Staking',
    delay: 3,
    bonded: false,
  });
  const vetoed = await makeNominator(chain, 'vetoed', { type: 'Staking', delay: 30 });
  const early = await makeNominator(chain, 'early', { type: 'NonTransfer', delay: 8 });
  const overtaken = await makeNominator(chain, 'overtaken', { type: 'Any', delay: 3 });
  await fund(chain, [STRANGER]);
  const all = [inner, announced, vetoed, early, overtaken];
  const { admit, store, turn, state, until } = await programme(context, chain, {
    signers: all.map(({ signer }) => signer),
  });
  const intents = new Map<Nominator, Intent>();
  for (const each of all) {
    const intent = await intentFor(chain, each);
    intents.set(each, intent);
    await admit(intent);
  }
  const intentOf = (each: Nominator): Intent => {
    const intent = intents.get(each);
    assert.ok(intent);
    return intent;
  };
  const reasonOf = async (each: Nominator) => (await state(intentOf(each))).ending?.reason;
  const pass = async (blocks: number): Promise<void> => {
    for (let block = 0; block < blocks; block += 1) {
      await turn();
      await chain.newBlock();
    }
  };
  await pass(1);
  await turn();
  assert.equal(await reasonOf(inner), 'inner-failed');
  for (const each of [announced, vetoed, early, overtaken])
    assert.equal((await state(intentOf(each))).stage, 'announced');

  // A veto of the owner, and an execution before the delay is over, which the chain refuses.
  const callHash = await callHashOf(chain, intentOf(vetoed));
  await included(chain, vetoed.stash, [
    ['Proxy', 'reject_announcement', { delegate: vetoed.signer.key, call_hash: callHash }],
  ]);
  assert.deepEqual(await tried(chain, STRANGER, [executeBy(early, VALIDATORS)]), ['Proxy.Unannounced']);
  assert.equal((await announcementsOf(chain, early.signer.key)).length, 1);
  // Somebody executes as soon as the delay is over, while the programme looks away.
  assert.deepEqual(await tried(chain, STRANGER, [executeBy(overtaken, VALIDATORS)]), ['ok']);
  await turn();
  assert.equal(await reasonOf(vetoed), 'announcement-vanished');
  assert.equal(await reasonOf(overtaken), 'done-by-another');
  assert.equal((await state(intentOf(early))).stage, 'announced');
  await until(intentOf(early), 14);
  await until(intentOf(announced), 4);
  assert.equal(await reasonOf(early), 'verified');
  assert.equal(await reasonOf(announced), 'inner-failed');

  const execute = 'Proxy.proxy_announced > Staking.nominate';
  assert.deepEqual(await Promise.all(all.map(({ signer }) => landings(chain, signer))), [
    ['Proxy.proxy > Staking.nominate inner Staking.NotController'],
    ['Proxy.announce ok', `${execute} inner Staking.NotController`],
    ['Proxy.announce ok'],
    ['Proxy.announce ok', `${execute} ok`],
    ['Proxy.announce ok'],
  ]);
  for (const each of all) await assertTrue(chain, store, intentOf(each));
  for (const each of [inner, announced, vetoed]) assert.equal(await nominatedBy(chain, each.stash.key), null);
});
