// A relay chain of 2023: identity, staking and im-online keys on one chain, exposures without pages; a
// session in which all validators are offline; payouts: defect 22.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFaults } from '@watchbill/nominate/chain';
import { chainOf, nextSession } from '@watchbill/testkit/chopsticks';
import { ALICE, account, fund, UNIT, VALIDATORS } from './accounts.ts';
import { assertPays, writePaidEra } from './payouts.ts';
import { included } from './programme.ts';
import { assertMetadata, factValue, printCounts, readerOf } from './reading.ts';

test('identities, keys and faults of a relay without pages', async (context) => {
  const chain = await chainOf(context, 'kusama-1000000');
  const [holder, sub] = [account('holder'), account('sub of the holder')];
  await fund(chain, [holder]);
  const raw = (text: string) => ({
    type: `Raw${text.length}`,
    value: `0x${Buffer.from(text).toString('hex')}`,
  });
  const none = { type: 'None' };
  const info = {
    additional: [],
    display: raw('Watch & Bill'),
    legal: none,
    web: none,
    riot: none,
    email: none,
    pgp_fingerprint: null,
    image: none,
    twitter: none,
  };
  await included(chain, holder, [
    ['Identity', 'set_identity', { info }],
    ['Identity', 'set_subs', { subs: [[sub.key, raw('two')]] }],
  ]);
  const { read, roles } = readerOf(context, chain, { candidates: [...VALIDATORS, holder.key, sub.key] });
  await assertMetadata(chain, 'kusama-1000000');
  const seen = await read();
  printCounts(context, seen);
  assert.deepEqual(factValue(seen.identity.get(holder.key)), {
    account: holder.key,
    display: 'Watch & Bill',
    isSub: false,
    judgements: [],
  });
  assert.deepEqual(factValue(seen.identity.get(sub.key)), {
    account: holder.key,
    display: 'Watch & Bill',
    isSub: true,
    judgements: [],
  });
  assert.equal(factValue(seen.identity.get(VALIDATORS[0] ?? '')), null);
  assert.ok('im_online' in (factValue(seen.relay.sessionKeys.get(VALIDATORS[0] ?? '')) ?? {}));
  assert.equal(factValue(seen.staking.maxNominations), 24);
  assert.deepEqual(factValue(seen.staking.electedTotals).length, 2);

  // Exposures are not paged yet: one claim pays all nominators.
  const [alice = '', bob = ''] = VALIDATORS;
  await included(chain, holder, [
    ['Staking', 'bond', { value: String(100n * UNIT), payee: { type: 'Stash' } }],
  ]);
  const backers = [
    { who: holder.key, value: 5_000n * UNIT + 1n },
    { who: bob, value: 333n * UNIT },
  ];
  const paid = { stash: alice, era: 0, own: 90_000n * UNIT + 7n, pages: [backers] };
  await writePaidEra(chain, paid, false);
  const claim = { validator_stash: alice, era: 0 };
  const [amount = 0n] = await assertPays(chain, roles, paid, () => ['Staking', 'payout_stakers', claim]);
  assert.ok(amount > 0n);

  // No validator sends heartbeats here: when the session ends, the chain reports every validator.
  await nextSession(chain);
  await nextSession(chain);
  await included(chain, ALICE, [['System', 'remark', { remark: '0x00' }]]);
  const candidates = new Set(VALIDATORS.slice(1));
  const told = await roles.staking.readPinned((reader) =>
    readFaults(reader, { role: 'staking', candidates, from: 1n, era: null }),
  );
  assert.ok(told.ok, told.ok ? '' : told.why);
  const { faults, unread } = told.value;
  assert.deepEqual(unread, []);
  assert.ok(faults.length > 0, 'defect 18: the one who comes after a stranger is told of');
  for (const { stashKey, fault } of faults) {
    assert.ok(candidates.has(stashKey));
    context.diagnostic(`${fault.kind} in era ${fault.era}: ${fault.reason}`);
  }
  assert.ok(faults.some(({ fault }) => fault.kind === 'offline'));
});
