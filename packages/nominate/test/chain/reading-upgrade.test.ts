// The runtime changes between two readings, by a real upgrade. No wrong value is taken.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChainReading } from '@watchbill/nominate/chain';
import { chainOf, runtimeCode } from '@watchbill/testkit/chopsticks';
import { ALICE, account, type Call, fund, UNIT } from './accounts.ts';
import { included } from './programme.ts';
import { factValue, readerOf } from './reading.ts';

test('from the runtime of 2022 to that of 2024: each block is read as the runtime that wrote it wrote it', async (context) => {
  const chain = await chainOf(context, 'westend-9320');
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
