// The runtime changes between two readings, by a real upgrade; and an endpoint changes to quite another
// runtime. Nothing crashes, and no wrong value is taken.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectNode, type NodeRpc } from '@watchbill/chain';
import { type ChainReading, MOST_NOMINATORS, readChains } from '@watchbill/nominate/chain';
import { runtimeCode, startChopsticks } from '@watchbill/testkit/chopsticks';
import { ALICE, account, type Call, fund, UNIT } from './accounts.ts';
import { included } from './programme.ts';
import { factValue, readerOf, roleOfNodes } from './reading.ts';

test('from the runtime of 2022 to that of 2024: each block is read as the runtime that wrote it wrote it', async (context) => {
  const chain = await startChopsticks('westend-9320');
  context.after(() => chain.stop());
  await chain.newBlock();
  const stash = account('bonded before the upgrade');
  await fund(chain, [stash]);
  const bond = {
    controller: { type: 'Id', value: stash.key },
    value: String(700n * UNIT),
    payee: { type: 'Stash' },
  };
  await included(chain, stash, [
    ['Staking', 'bond', bond],
    ['Staking', 'validate', { prefs: { commission: 10_000_000, blocked: false } }],
  ]);
  const { read } = readerOf(context, chain, { candidates: [stash.key], nominators: [stash.key] });
  const specs: number[] = [];
  const check = async (): Promise<ChainReading> => {
    const seen = await read();
    assert.equal(seen.roles.staking.failure, null);
    specs.push(seen.roles.staking.runtime?.specVersion ?? 0);
    const record = seen.staking.candidates.get(stash.key);
    assert.equal(factValue(record?.selfStake), 700n * UNIT);
    assert.deepEqual(factValue(record?.prefs), { commissionPerbill: 10_000_000, blocked: false });
    assert.equal(factValue(seen.staking.eras.active), 0);
    assert.equal(factValue(seen.staking.electedTotals).length, 3);
    return seen;
  };
  await check();
  const code: Call = [
    'Sudo',
    'sudo_unchecked_weight',
    {
      call: {
        type: 'System',
        value: { type: 'set_code_without_checks', value: { code: runtimeCode('westend-1015000') } },
      },
      weight: { ref_time: '1000', proof_size: '0' },
    },
  ];
  await included(chain, ALICE, [code]);
  // The code is the new one here, and the state is still that of the old one.
  await check();
  for (let block = 0; block < 3; block += 1) {
    await chain.newBlock();
    await check();
  }
  assert.deepEqual([specs[0], specs[1], specs.at(-1)], [9_320, 9_320, 1_015_000]);
});

test('an endpoint behind which the runtime is suddenly one without staking: every fact of it unknown, with the reason', async (context) => {
  const before = await startChopsticks('westend-1015000');
  context.after(() => before.stop());
  await before.newBlock();
  const after = await startChopsticks('relay-2026');
  context.after(() => after.stop());
  await after.newBlock(3);
  const [old, young] = [before, after].map(({ url }) => connectNode(url, { timeoutMs: 60_000 }));
  assert.ok(old !== undefined && young !== undefined);
  let now = old;
  const endpoint: NodeRpc = {
    address: 'ws://one.endpoint',
    call: (method, params, options) => now.call(method, params, options),
    subscribe: (method, params, unsubscribe, onItem, options) =>
      now.subscribe(method, params, unsubscribe, onItem, options),
    close: () => {
      old.close();
      young.close();
    },
  };
  const role = roleOfNodes(context, [endpoint]);
  const roles = { staking: role, relay: role, identity: role };
  const candidate = account('of no chain').key;
  const request = { candidates: [candidate], nominators: [candidate], mostNominators: MOST_NOMINATORS };
  const read = () => readChains(roles, request, { nowMs: Date.now() });

  assert.equal(factValue((await read()).staking.candidates.get(candidate)?.validating), false);
  now = young;
  const changed = await read();
  assert.equal(changed.roles.staking.failure, null);
  const facts = Object.values(changed.staking.candidates.get(candidate) ?? {});
  assert.equal(facts.length, 6);
  for (const fact of facts) assert.ok(!fact.known && fact.reason.length > 0);
  assert.equal(changed.staking.eras.active.known, false);
  assert.equal(changed.staking.election.known, false);
  assert.equal(factValue(changed.relay.session), 0);
});
