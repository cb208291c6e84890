// A relay chain of 2024, with staking and paged exposures: candidates, nominators, elections, points and
// payouts as they really become.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOfHex, storageKey } from '@watchbill/chain';
import { addressOfAccount } from '@watchbill/chain/extrinsics';
import { field } from '@watchbill/kit/testing';
import { seqPhragmen } from '@watchbill/nominate';
import { calendarFactsOf, deadlinesOf, electionCalendar, eraPace } from '@watchbill/nominate/chain';
import { type ChopsticksChain, chainOf, nextSession } from '@watchbill/testkit/chopsticks';
import { ALICE, account, type Call, fund, UNIT, VALIDATORS } from './accounts.ts';
import { included, tried } from './programme.ts';
import { assertMetadata, factValue, printCounts, readerOf } from './reading.ts';

const sudo = (type: string, call: object): Call => ['Sudo', 'sudo', { call: { type, value: call } } as never];

const MOST_SESSIONS = 12;

/** Sessions end, and sudo has the election held on chain, until the era is active. */
async function untilEra(chain: ChopsticksChain, era: number): Promise<void> {
  for (let session = 0; session < MOST_SESSIONS; session += 1) {
    if ((await eraOf(chain)) >= era) return;
    await nextSession(chain);
    // The call is refused until an election has failed, as all do here, because no miner sends solutions.
    await tried(chain, ALICE, [
      sudo('ElectionProviderMultiPhase', {
        type: 'governance_fallback',
        value: { maybe_max_voters: null, maybe_max_targets: null },
      }),
    ]);
  }
  throw new Error(`era ${era} did not begin in ${MOST_SESSIONS} sessions`);
}

/**
 * Without metadata, which takes longer to read than a block takes to make: the index of the era comes first.
 */
async function eraOf({ node }: ChopsticksChain): Promise<number> {
  const value = await node.call<string | null>('state_getStorage', [storageKey('Staking', 'ActiveEra')]);
  return value === null ? -1 : Buffer.from(value.slice(2), 'hex').readUInt32LE();
}

test('candidates, nominators and eras of a relay with paged exposures', async (context) => {
  const chain = await chainOf(context, 'westend-1015000');
  const [newcomer, nominator] = [account('newcomer'), account('nominator of the newcomer')];
  const [first = ''] = VALIDATORS;
  await fund(chain, [newcomer, nominator]);
  const bond = (units: bigint): Call => [
    'Staking',
    'bond',
    { value: String(units * UNIT), payee: { type: 'Stash' } },
  ];
  const keys = {
    grandpa: '11',
    babe: '12',
    para_validator: '13',
    para_assignment: '14',
    authority_discovery: '15',
  };
  const sessionKeys = Object.fromEntries(
    Object.entries(keys).map(([name, byte]) => [name, `0x${byte.repeat(32)}`]),
  );
  await included(chain, newcomer, [
    bond(40_000n),
    ['Staking', 'validate', { prefs: { commission: 50_000_000, blocked: false } }],
    ['Session', 'set_keys', { keys: { ...sessionKeys, beefy: `0x02${'16'.repeat(32)}` }, proof: '0x' }],
  ]);
  await included(chain, nominator, [
    bond(30_000n),
    ['Staking', 'nominate', { targets: [newcomer.key, first].map((value) => ({ type: 'Id', value })) }],
  ]);
  const { read } = readerOf(context, chain, {
    candidates: [newcomer.key, ...VALIDATORS, nominator.key],
    nominators: [nominator.key],
  });

  await assertMetadata(chain, 'westend-1015000');
  const before = await read();
  printCounts(context, before);
  const record = before.staking.candidates.get(newcomer.key);
  assert.equal(factValue(record?.validating), true);
  assert.deepEqual(factValue(record?.prefs), { commissionPerbill: 50_000_000, blocked: false });
  assert.equal(factValue(record?.selfStake), 40_000n * UNIT);
  assert.deepEqual(factValue(record?.backing), {
    active: [],
    inactive: [{ who: nominator.key, bonded: 30_000n * UNIT }],
  });
  assert.equal(factValue(before.relay.sessionKeys.get(newcomer.key))?.beefy, `0x02${'16'.repeat(32)}`);
  const own = before.staking.nominators.get(nominator.key);
  assert.equal(factValue(own?.active), 30_000n * UNIT);
  assert.deepEqual(factValue(own?.nomination)?.targets, [newcomer.key, first]);
  assert.ok(factValue(own?.balance) > 99_999n * UNIT);
  assert.equal(factValue(before.staking.candidates.get(nominator.key)?.validating), false);
  assert.deepEqual(factValue(before.relay.activeSet), VALIDATORS);
  assert.ok(!factValue(before.staking.election).targets.every((target) => VALIDATORS.includes(target)));
  // The pallet is there, and filtered: identities of this network are on another chain.
  const identity = before.identity.get(newcomer.key);
  assert.ok(identity?.known === false && /another chain/.test(identity.reason));

  const planned = factValue(electionCalendar(calendarFactsOf(before)));
  assert.deepEqual(planned.upcoming.slice(0, 2).map(field('era')), [1, 2]);
  const [deadline] = deadlinesOf(planned, 100);
  assert.ok(deadline !== undefined && deadline.beginBy < deadline.nominateBefore);
  assert.equal(factValue(eraPace(calendarFactsOf(before))).stalled, false);

  await included(chain, ALICE, [
    sudo('Staking', { type: 'set_validator_count', value: { new: 3 } }),
    sudo('Staking', { type: 'force_new_era_always' }),
  ]);
  await untilEra(chain, 1);
  const after = await read();
  const era = factValue(after.staking.eras.active);
  // The runtime holds its own election. It rounds the shares of a voter to parts of 10^9.
  const { targets, voters } = factValue(before.staking.election);
  // The votes of a programme's nominators are left out of what it reads: a round computes new ones.
  const votes = [newcomer.key, first].map((target) => targets.indexOf(target));
  const ballot = { who: nominator.key, stake: 30_000n * UNIT, votes };
  const { winners, backing } = seqPhragmen(3, targets.length, [...voters, ballot]);
  assert.ok(winners.some((at) => targets[at] === newcomer.key));
  const rising = (totals: readonly bigint[]) => totals.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const computed = rising(winners.map((at) => backing[at] ?? 0n));
  const mostRounding = (2n * 30_000n * UNIT) / 1_000_000_000n;
  for (const [at, total] of rising(factValue(after.staking.electedTotals)).entries()) {
    const difference = total - (computed[at] ?? 0n);
    assert.ok(-mostRounding <= difference && difference <= mostRounding, `${total}, not ${computed[at]}`);
  }
  assert.deepEqual(factValue(after.staking.candidates.get(newcomer.key)?.backing), {
    active: [{ who: nominator.key, bonded: 30_000n * UNIT }],
    inactive: [],
  });
  assert.ok(factValue(after.relay.activeSet).includes(newcomer.key));
  // The first block of the era is where its first session began, and no block before it.
  const firstBlock = factValue(after.relay.firstBlock);
  const session = factValue(after.staking.eras.firstSession);
  assert.equal(await sessionAt(chain, firstBlock.number), session);
  assert.equal(await sessionAt(chain, firstBlock.number - 1n), session - 1);
  const forced = factValue(electionCalendar(calendarFactsOf(after)));
  assert.equal(forced.active, era);

  // The points of the past era are written into the state, because no validator makes blocks here. The payout
  // is a real one.
  await chain.setStorage({
    Staking: {
      ErasRewardPoints: [
        [[era - 1], { total: 60, individual: { [addressOfAccount(bytesOfHex(first, 'a stash'), 42)]: 60 } }],
      ],
      ErasValidatorReward: [[[era - 1], '1000000000000']],
    },
  });
  await chain.newBlock();
  const unpaid = await read();
  assert.deepEqual(factValue(unpaid.staking.candidates.get(first)?.erasWithPoints), [era - 1]);
  assert.deepEqual(factValue(unpaid.staking.candidates.get(first)?.unclaimedEras), [era - 1]);
  assert.deepEqual(factValue(unpaid.staking.candidates.get(newcomer.key)?.unclaimedEras), []);
  await included(chain, ALICE, [
    ['Staking', 'payout_stakers_by_page', { validator_stash: first, era: era - 1, page: 0 }],
  ]);
  const paid = await read();
  assert.deepEqual(factValue(paid.staking.candidates.get(first)?.unclaimedEras), []);
  assert.deepEqual(factValue(paid.staking.claims.get(first)), [{ era: era - 1, pages: 1, claimed: [0] }]);
});

/** The session that the chain itself says a block is in. */
async function sessionAt({ node }: ChopsticksChain, height: bigint): Promise<number> {
  const hash = await node.call<string>('chain_getBlockHash', [Number(height)]);
  const key = '0xcec5070d609dd3497f72bde07fc96ba072763800a36a99fdfc7c10f6415f6ee6';
  const stored = await node.call<string | null>('state_getStorage', [key, hash]);
  return stored === null ? 0 : Buffer.from(stored.slice(2), 'hex').readUInt32LE();
}
