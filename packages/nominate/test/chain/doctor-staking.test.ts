// `watchbill doctor --staking` on the real runtimes of 2026: stakes on Asset Hub, session keys on the relay.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfHex } from '@watchbill/chain';
import { addressOfAccount } from '@watchbill/chain/extrinsics';
import type { Report } from '@watchbill/guard';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { type ChopsticksChain, type StorageChange, startPair } from '@watchbill/testkit/chopsticks';
import { followPage } from '@watchbill/testkit/pages/follow';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { machine } from '@watchbill/testkit/pages/world';
import { runCli } from 'watchbill';
import { UNIT, VALIDATORS } from './accounts.ts';

const PAGE = 'docs/guard/how-to/doctor.md';
const CHOPSTICKS = /"@acala-network\/chopsticks": "(.+)"/.exec(
  readFileSync(join(ROOT, 'scripts/chopsticks/package.json'), 'utf8'),
)?.[1];
const ERA = 100;
const [STASH = ''] = VALIDATORS;
const ADDRESS = addressOfAccount(bytesOfHex(STASH, 'an account'), 42);
const OTHERS = Array.from({ length: 9 }, (_, at) =>
  addressOfAccount(bytesOfHex(`0x${String(at + 1).repeat(64)}`, 'an account'), 42),
);

/** Points of an era: twenty for each of nine others, and the own ones. */
function points(era: number, own: number): unknown {
  const all = [...OTHERS.map((each) => [each, 20] as const), [ADDRESS, own] as const];
  const individual = Object.fromEntries(all.filter(([, count]) => count > 0));
  return [[era], { total: 180 + own, individual }];
}

/** An elected validator whose last eras are paid out. */
function healthy(): StorageChange {
  const eras = [16, 90, ERA - 1, ERA];
  const bond = {
    stash: ADDRESS,
    total: String(20_000n * UNIT),
    active: String(20_000n * UNIT),
    unlocking: [],
  };
  const overview = { total: '9000', own: '4000', nominatorCount: 600, pageCount: 2 };
  return {
    Staking: {
      ActiveEra: { index: ERA, start: null },
      CurrentEra: ERA,
      ValidatorCount: 10,
      MinValidatorBond: String(10_000n * UNIT),
      Bonded: [[[STASH], ADDRESS]],
      Ledger: [[[STASH], bond]],
      ErasStakersOverview: eras.map((era) => [[era, STASH], overview]),
      ClaimedRewards: eras.map((era) => [
        [era, STASH],
        [0, 1],
      ]),
      ErasRewardPoints: eras.map((era) => points(era, 20)),
    },
  };
}

async function doctor(relay: ChopsticksChain, assetHub: ChopsticksChain): Promise<Report> {
  const io = realIo(process.cwd());
  const args = ['--rpc', relay.url, '--staking', assetHub.url, '--validator', ADDRESS, '--json'];
  await runCli(['doctor', ...args], io);
  assert.notEqual(io.stdout(), '', io.stderr());
  return JSON.parse(io.stdout()) as Report;
}

/** The command of the page, as printed. packages/fleet/test/machines/doctor-page.test.ts runs the others. */
async function followStakes(relay: string, assetHub: string): Promise<void> {
  await followPage(await machine('doctor-staking', {}), PAGE, {
    only: ['Stake and rewards'],
    // The clock of these chains stands, which the doctor finds in the group of the node.
    ends: [['--staking', 3]],
    table: [
      ['wss://polkadot.example.org', relay, 'a chain of the test'],
      ['wss://asset-hub.example.org', assetHub, 'a chain of the test'],
      ['15qom…', ADDRESS, 'the page shortens an address'],
    ],
  });
  stamp(PAGE, `Chopsticks ${CHOPSTICKS} with the runtimes of 2026`);
}

const ofStaking = ({ findings }: Report) =>
  findings.filter(({ group }) => group === 'staking').map(({ letter, check }) => `${letter} ${check}`);

test('stake and rewards on Asset Hub: a healthy validator, then each fault', async (context) => {
  const pair = await startPair();
  context.after(() => pair.stop());
  const { relay, assetHub } = pair;
  await assetHub.setStorage(healthy());
  const before = await doctor(relay, assetHub);
  assert.deepEqual(ofStaking(before), [], JSON.stringify(before.notLooked));
  assert.equal(
    before.groups.find(({ id }) => id === 'staking')?.letter,
    'A',
    JSON.stringify(before.notLooked),
  );

  await followStakes(relay.url, assetHub.url);

  await assetHub.setStorage({
    Staking: {
      MinValidatorBond: String(20_001n * UNIT),
      ClaimedRewards: [[[16, STASH], [0]]],
      ErasRewardPoints: [points(ERA, 0)],
    },
  });
  const after = await doctor(relay, assetHub);
  assert.deepEqual(ofStaking(after), ['D staking-bond', 'D staking-points', 'D staking-payouts']);
  const payouts = after.findings.find(({ check }) => check === 'staking-payouts');
  assert.match(
    payouts?.evidence.join() ?? '',
    /era 100 is active, and the chain keeps 84 eras,1 page of era 16 /,
  );
});
