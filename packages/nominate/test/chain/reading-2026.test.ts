// The three chains of 2026: staking on Asset Hub, sessions on the relay, identities on People; over the
// change of an era. Amounts of payouts: defect 22.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calendarFactsOf, electionCalendar, readFaults } from '@watchbill/nominate/chain';
import {
  type ChopsticksChain,
  chainOf,
  GENESIS_MS,
  jumpToSessionEnd,
  startChopsticks,
  startPair,
} from '@watchbill/testkit/chopsticks';
import { ALICE, account, type Call, fund, UNIT, VALIDATORS } from './accounts.ts';
import { stored } from './eras.ts';
import { identityInfo } from './identity.ts';
import { assertPaysByPages, fillPots } from './payouts-2026.ts';
import { included } from './programme.ts';
import { assertMetadata, factValue, printCounts, readerOf } from './reading.ts';

const bond = (units: bigint): Call => [
  'Staking',
  'bond',
  { value: String(units * UNIT), payee: { type: 'Stash' } },
];

/** A candidate and who nominates it, both with money and bonded. */
async function newcomers(assetHub: ChopsticksChain, name: string) {
  const [newcomer, nominator] = [account(`newcomer ${name}`), account(`nominator ${name}`)];
  await fund(assetHub, [newcomer, nominator]);
  await included(assetHub, newcomer, [
    bond(90_000n),
    ['Staking', 'validate', { prefs: { commission: 50_000_000, blocked: false } }],
  ]);
  await included(assetHub, nominator, [
    bond(5_000n),
    ['Staking', 'nominate', { targets: [{ type: 'Id', value: newcomer.key }] }],
  ]);
  return { newcomer, nominator };
}

test('a candidate on three chains, and the calendar when its era is planned', async (context) => {
  const people = await startChopsticks('people-2026');
  context.after(() => people.stop());
  const pair = await startPair();
  context.after(() => pair.stop());
  const { assetHub, relay } = pair;
  await people.newBlock();
  const { newcomer, nominator } = await newcomers(assetHub, 'on three chains');
  await fund(people, [newcomer]);
  await included(people, newcomer, [['Identity', 'set_identity', { info: identityInfo('Newcomer') }]]);
  const whom = { candidates: [newcomer.key, ...VALIDATORS], nominators: [nominator.key] };
  const { read, roles } = readerOf(context, { staking: assetHub, relay, identity: people }, whom);

  await assertMetadata(assetHub, 'asset-hub-2026');
  await assertMetadata(relay, 'relay-2026');
  await assertMetadata(people, 'people-2026');
  const before = await read();
  printCounts(context, before);
  const record = before.staking.candidates.get(newcomer.key);
  assert.equal(factValue(record?.selfStake), 90_000n * UNIT);
  assert.deepEqual(factValue(record?.backing).inactive, [{ who: nominator.key, bonded: 5_000n * UNIT }]);
  assert.equal(factValue(before.identity.get(newcomer.key))?.display, 'Newcomer');
  assert.equal(factValue(before.relay.sessionKeys.get(newcomer.key)), null);
  assert.equal(factValue(before.staking.maxNominations), 16);
  assert.ok(factValue(before.relay.activeSet).length > 0);
  assert.ok(factValue(before.staking.election).targets.includes(newcomer.key));
  assert.equal(factValue(electionCalendar(calendarFactsOf(before))).upcoming[0].era, 1);

  await jumpToSessionEnd(relay);
  await pair.relayBlock();
  await pair.relayBlock();
  for (let block = 0; block < 2; block += 1) await pair.assetHubBlock();
  const after = await read();
  assert.equal(factValue(after.relay.session), factValue(before.relay.session) + 1);
  assert.equal(factValue(after.staking.eras.current), 1, 'the report of the session planned the era');
  // Nominations from now on count for the era after it.
  const calendar = factValue(electionCalendar(calendarFactsOf(after)));
  assert.deepEqual([calendar.decided, calendar.upcoming[0].era], [1, 2]);

  // No era has ended: rewards are minted when they are claimed.
  assert.equal(await stored(assetHub, 'Staking', 'DisableMintingGuard'), null);
  await assertPaysByPages(assetHub, roles, { nominator: nominator.key, newcomer: newcomer.key });
});

/** A report of the relay that a session has ended, by sudo: its validators have earned points. */
async function report(
  assetHub: ChopsticksChain,
  endIndex: number,
  activation: readonly [string, number] | null,
) {
  const value = {
    end_index: endIndex,
    validator_points: VALIDATORS.map((stash) => [stash, 20]),
    activation_timestamp: activation,
    leftover: false,
  };
  const call = { type: 'StakingRcClient', value: { type: 'relay_session_report', value: { report: value } } };
  await included(assetHub, ALICE, [['Sudo', 'sudo', { call }]]);
}

test('points, exposures and events of Asset Hub, over the change of an era', async (context) => {
  const assetHub = await chainOf(context, 'asset-hub-2026', { offchainWorker: true });
  const { newcomer, nominator } = await newcomers(assetHub, 'of the first era');
  const whom = { candidates: [newcomer.key, ...VALIDATORS], nominators: [nominator.key] };
  const { read, roles } = readerOf(context, assetHub, whom);
  await report(assetHub, 0, null);
  for (let block = 0; block < 16; block += 1) await assetHub.newBlock();
  for (let end = 1; end < 5; end += 1) await report(assetHub, end, null);
  await report(assetHub, 5, [String(GENESIS_MS + 3_600_000), 1]);
  await fillPots(assetHub);

  const seen = await read();
  printCounts(context, seen);
  assert.equal(factValue(seen.staking.eras.active), 1);
  assert.equal(factValue(seen.staking.eras.activeSinceMs), GENESIS_MS + 3_600_000);
  assert.equal(factValue(seen.staking.eras.firstSession), 6);
  assert.equal(factValue(seen.staking.electedTotals).length, 4);
  assert.deepEqual(factValue(seen.staking.candidates.get(newcomer.key)?.backing), {
    active: [{ who: nominator.key, bonded: 5_000n * UNIT }],
    inactive: [],
  });
  const [validator = ''] = VALIDATORS;
  assert.deepEqual(
    factValue(seen.staking.points).map(({ era, points }) => [era, points.get(validator)]),
    [[0, 120]],
  );
  assert.deepEqual(factValue(seen.staking.candidates.get(validator)?.erasWithPoints), [0]);
  assert.deepEqual(factValue(seen.staking.candidates.get(newcomer.key)?.erasWithPoints), []);

  // The candidate leaves; the event says so.
  const from = (seen.roles.staking.source.block?.number ?? 0n) + 1n;
  await included(assetHub, newcomer, [['Staking', 'chill', null]]);
  const told = await roles.staking.readPinned((reader) =>
    readFaults(reader, { role: 'staking', candidates: new Set(whom.candidates), from, era: null }),
  );
  assert.ok(told.ok, told.ok ? '' : told.why);
  assert.deepEqual(told.value.unread, []);
  assert.deepEqual(
    told.value.faults.map(({ stashKey, fault }) => [stashKey, fault.kind, fault.era]),
    [[newcomer.key, 'chilled', 1]],
  );

  // Rewards of an era that ended by now come out of its pot, in the same parts.
  assert.equal(await stored(assetHub, 'Staking', 'DisableMintingGuard'), 0);
  await assertPaysByPages(assetHub, roles, { nominator: nominator.key, newcomer: newcomer.key });
});
