import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NodeFault, storageKey } from '@watchbill/chain';
import { field } from '@watchbill/kit/testing';
import { known } from '../../facts/fact.ts';
import { decodeSnapshot, encodeSnapshot } from '../../snapshot/codec.ts';
import { goodRecord } from '../../testing/index.ts';
import {
  ERA,
  type FakeChains,
  FIRST_SESSION,
  fakeChains,
  NOW_MS,
  targetsOf,
} from '../testing/fake-chains.ts';
import { assembleSnapshot, type SnapshotExtras } from './assemble.ts';
import { type ChainReading, readChains } from './read-chains.ts';

async function reading(chains: FakeChains, mostNominators = 50_000): Promise<ChainReading> {
  const { candidates, nominators } = chains;
  return readChains(
    chains.roles,
    { candidates, nominators: nominators.slice(0, 2), mostNominators },
    { nowMs: NOW_MS },
  );
}

const value = <Value>(
  fact: { readonly known: boolean; readonly value?: Value; readonly reason?: string } | undefined,
) => {
  assert.ok(fact?.known, fact?.reason ?? 'not there');
  return fact.value;
};

const EXTRAS: SnapshotExtras = {
  network: { name: 'polkadot', prefix: 0, decimals: 10, symbol: 'DOT' },
  configVersion: 'test',
  sources: {
    programme: { role: 'programme', block: null, atMs: NOW_MS },
    telemetry: { role: 'telemetry', block: null, atMs: NOW_MS },
    places: { role: 'places', block: null, atMs: NOW_MS },
    releases: { role: 'releases', block: null, atMs: NOW_MS },
  },
  releases: known([], 'releases'),
  telemetry: { watchedSinceMs: null, outages: [] },
  lastIdentityOf: () => null,
  recordOf: () => ({ lastSettled: 'valid' }),
  nominators: [],
  withElection: true,
  notes: [],
};

describe('the three chains of 2026', () => {
  test('every fact of a candidate is read', async () => {
    const chains = fakeChains();
    const { staking, relay, identity } = await reading(chains);
    const [first = '', second = '', third = ''] = chains.candidates;
    const record = staking.candidates.get(first);
    assert.equal(value(record?.validating), true);
    assert.deepEqual(value(record?.prefs), { commissionPerbill: 100_000_000, blocked: false });
    assert.equal(value(record?.selfStake), 10n ** 14n);
    assert.deepEqual(value(record?.unclaimedEras), []);
    assert.deepEqual(value(record?.erasWithPoints), [96, 97, 98, 99]);
    const backing = value(record?.backing);
    assert.deepEqual(backing?.active, [{ who: chains.nominators[0], bonded: 10n ** 14n + 3n }]);
    assert.deepEqual(backing?.inactive.map(field('who')), [chains.nominators[2], chains.nominators[3]]);
    assert.deepEqual(value(identity.get(first)), {
      account: first,
      display: 'First',
      isSub: false,
      judgements: ['Reasonable', 'OutOfDate'],
    });
    const sub = value(identity.get(second));
    assert.deepEqual([sub?.display, sub?.isSub, sub?.account === second], ['Second', true, false]);
    assert.equal(value(identity.get(third)), null);
    assert.deepEqual(Object.keys(value(relay.sessionKeys.get(first)) ?? {}).at(-1), 'beefy');
  });

  test('eras, constants, sets, and the first relay block of the era', async () => {
    const chains = fakeChains();
    const { staking, relay, roles } = await reading(chains);
    assert.equal(value(staking.eras.active), ERA);
    assert.equal(value(staking.eras.current), ERA);
    assert.equal(value(staking.eras.activeSinceMs), NOW_MS - 3_600_000);
    assert.equal(value(staking.eras.firstSession), FIRST_SESSION);
    assert.equal(value(staking.maxNominations), 16);
    assert.equal(value(staking.historyDepth), 84);
    assert.deepEqual(value(staking.electedTotals), [9_000n, 9_001n, 9_002n]);
    assert.deepEqual(value(relay.activeSet), chains.candidates.slice(0, 2));
    assert.deepEqual(value(relay.queuedSet), chains.candidates.slice(0, 1));
    assert.equal(value(relay.session), FIRST_SESSION + 2);
    assert.equal(value(relay.firstBlock)?.number, 4_700n);
    assert.equal(roles.staking.source.atMs, NOW_MS - 6_000, 'the age is that of the block');
    assert.equal(roles.staking.source.block?.number, 1_000n);
  });

  test('one of the programme’s nominators: stake, balance, nomination', async () => {
    const chains = fakeChains();
    const { staking } = await reading(chains);
    const own = staking.nominators.get(chains.nominators[1] ?? '');
    assert.equal(value(own?.active), 10n ** 14n + 4n);
    assert.equal(value(own?.balance), 777n);
    assert.equal(value(own?.submittedIn), ERA - 1);
    assert.deepEqual(value(own?.nomination)?.targets, targetsOf(chains.candidates, 1));
    const { era, stashes } = value(staking.elected) ?? assert.fail();
    assert.equal(era, ERA);
    assert.equal(stashes.length, value(staking.electedTotals)?.length);
    assert.ok(stashes.length > 0);
  });

  test('the voters of the next election: all validators, and all nominators', async () => {
    const chains = fakeChains();
    const election = value((await reading(chains)).staking.election);
    assert.equal(election?.seats, 2);
    assert.deepEqual(election?.targets, chains.candidates);
    assert.deepEqual(election?.voters.map(field('votes')), [[0], [1], [2], [0, 1], [1, 2], [2, 0], [0, 1]]);
  });

  test('more nominators than are to be read leave backing and election unknown, and nothing else', async () => {
    const { staking } = await reading(fakeChains(), 3);
    const [first] = staking.candidates.values();
    assert.ok(!staking.election.known);
    assert.deepEqual(first?.backing, {
      known: false,
      reason: 'Staking.Nominators has more than 3 keys',
      from: 'staking',
    });
    assert.ok(first?.selfStake.known);
  });
});

describe('unreadable facts are unknown', () => {
  test('defect 25: an endpoint of People that fails leaves identities unknown, and everything else read', async () => {
    const chains = fakeChains();
    chains.identity.setTrouble(() => {
      throw new NodeFault('unreachable', 'no connection to identity');
    });
    const { identity, staking, relay, roles } = await reading(chains);
    for (const fact of identity.values()) {
      assert.ok(!fact.known);
      assert.match(fact.reason, /no connection to identity/);
    }
    assert.ok(roles.identity.failure !== null);
    assert.ok([...staking.candidates.values()].every(({ validating }) => validating.known));
    assert.ok(relay.session.known);
  });

  test('defect 25: a ledger that cannot be read is unknown for that candidate alone', async () => {
    const chains = fakeChains();
    const [first = '', second = ''] = chains.candidates;
    chains.staking.set('Staking', 'Bonded', [[[first], `0x${'99'.repeat(32)}`]]);
    const { staking } = await reading(chains);
    assert.deepEqual(staking.candidates.get(first)?.selfStake, {
      known: false,
      reason: 'the stash is bonded, but its ledger is missing',
      from: 'staking',
    });
    assert.ok(staking.candidates.get(second)?.selfStake.known);
  });

  test('defect 25: an emptied identity pallet means another chain, not that identities are missing', async () => {
    const chains = fakeChains({ identity: 'relay-2026', candidates: 0 });
    const asked = { candidates: [`0x${'01'.repeat(32)}`], nominators: [], mostNominators: 10 };
    chains.identity.set('Identity', 'Registrars', [[[], []]]);
    const { identity } = await readChains(chains.roles, asked, { nowMs: NOW_MS });
    const [fact] = identity.values();
    assert.ok(fact?.known === false);
    assert.match(fact.reason, /another chain/);
  });

  test('a migration over several blocks leaves everything unknown until it is over', async () => {
    const chains = fakeChains();
    const cursor = { type: 'Active', value: { index: 0, inner_cursor: null, started_at: 1 } };
    for (const state of [chains.staking, chains.relay, chains.identity])
      state.set('MultiBlockMigrations', 'Cursor', [[[], cursor]]);
    const { staking, relay, identity } = await reading(chains);
    assert.ok(!staking.eras.active.known && /migration/.test(staking.eras.active.reason));
    assert.ok(!relay.session.known && /migration/.test(relay.session.reason));
    for (const fact of identity.values()) assert.ok(!fact.known);
  });

  test('if a runtime changed the shape of an item, only that fact is unknown', async () => {
    const chains = fakeChains();
    chains.staking.upgrade(900, 'people-2026');
    const { staking, relay } = await reading(chains);
    assert.deepEqual(staking.eras.active, {
      known: false,
      reason: 'the runtime has no Staking.ActiveEra',
      from: 'staking',
    });
    for (const record of staking.candidates.values())
      for (const fact of Object.values(record)) assert.ok(!fact.known);
    assert.deepEqual(relay.firstBlock.known, false);
    assert.ok(relay.session.known);
  });
});

describe('older runtimes', () => {
  for (const runtime of ['kusama-1000000', 'westend-1015000'] as const) {
    test(`${runtime}: one chain in all three roles`, async () => {
      const chains = fakeChains({ staking: runtime, relay: runtime, identity: runtime });
      const { staking, relay, identity } = await reading(chains);
      const [first = ''] = chains.candidates;
      assert.deepEqual(value(staking.electedTotals), [9_000n, 9_001n, 9_002n]);
      assert.equal(value(staking.candidates.get(first)?.backing)?.active.length, 1);
      assert.equal(value(identity.get(first))?.display, 'First');
      const names = Object.keys(value(relay.sessionKeys.get(first)) ?? {});
      assert.equal(names.includes('im_online'), runtime === 'kusama-1000000');
      const unpaid = value(staking.candidates.get(first)?.unclaimedEras);
      assert.deepEqual(unpaid, runtime === 'kusama-1000000' ? [96, 97, 98, 99] : []);
    });
  }

  test('before payouts had pages, the ledger says which eras were paid', async () => {
    const chains = fakeChains({ staking: 'kusama-1000000' });
    const [first = ''] = chains.candidates;
    chains.staking.set('Staking', 'Ledger', [
      [[first], { stash: first, total: '9', active: '9', unlocking: [], claimed_rewards: [96, 98, 99] }],
    ]);
    const { staking } = await reading(chains);
    assert.deepEqual(value(staking.candidates.get(first)?.unclaimedEras), [97]);
  });
});

describe('payouts and points', () => {
  test('an era is unpaid while one of its pages is', async () => {
    const chains = fakeChains();
    const [first = '', second = ''] = chains.candidates;
    chains.staking.set('Staking', 'ErasStakersOverview', [
      [[98, first], { total: '9', own: '1', nominator_count: 900, page_count: 3 }],
      [[99, first], { total: '9', own: '9', nominator_count: 0, page_count: 0 }],
    ]);
    chains.staking.set('Staking', 'ClaimedRewards', [
      [
        [98, first],
        [0, 2],
      ],
      [[99, first], []],
      [[97, second], []],
    ]);
    const { staking } = await reading(chains);
    assert.deepEqual(value(staking.candidates.get(first)?.unclaimedEras), [98, 99]);
    assert.deepEqual(
      value(staking.claims.get(first))?.find(({ era }) => era === 98),
      { era: 98, pages: 3, claimed: [0, 2] },
    );
    assert.deepEqual(value(staking.candidates.get(second)?.unclaimedEras), [97]);
  });

  test('an era whose claims cannot be read leaves the unpaid eras unknown: one could hide there', async () => {
    const chains = fakeChains();
    const prefix = storageKey('Staking', 'ClaimedRewards');
    const [first = '', second = ''] = chains.candidates;
    chains.staking.setTrouble((method, params) => {
      if (method !== 'state_queryStorageAt') return null;
      const [set] = chains.staking.answers.state_queryStorageAt(params) as {
        block: string;
        changes: [string, string | null][];
      }[];
      const changes = set?.changes.map(([key, stored]) =>
        key.startsWith(prefix) && key.endsWith(first.slice(2)) ? [key, '0xff'] : [key, stored],
      );
      return { answer: [{ block: set?.block, changes }] };
    });
    const { staking } = await reading(chains);
    const unpaid = staking.candidates.get(first)?.unclaimedEras;
    assert.ok(unpaid?.known === false && /ClaimedRewards cannot be read/.test(unpaid.reason));
    assert.ok(staking.candidates.get(second)?.unclaimedEras.known);
  });

  test('points without an exposure are paid nothing on a chain that only ever had pages', async () => {
    const chains = fakeChains();
    const [first = ''] = chains.candidates;
    chains.staking.set('Staking', 'ErasRewardPoints', [[[90], { total: 20, individual: [[first, 20]] }]]);
    const { staking } = await reading(chains);
    assert.deepEqual(value(staking.candidates.get(first)?.erasWithPoints), [90, 96, 97, 98, 99]);
    assert.deepEqual(value(staking.candidates.get(first)?.unclaimedEras), []);
  });

  test('an era without exposures does not say what it takes to be elected', async () => {
    const { staking } = await reading(fakeChains({ candidates: 0 }));
    assert.deepEqual(staking.electedTotals, {
      known: false,
      reason: `era ${ERA} has no exposures`,
      from: 'staking',
    });
  });

  test('the first era of a chain has no time, and not that of 1970', async () => {
    const chains = fakeChains();
    chains.staking.set('Staking', 'ActiveEra', [[[], { index: ERA, start: '0' }]]);
    const { staking } = await reading(chains);
    assert.equal(staking.eras.activeSinceMs.known, false);
    assert.ok(staking.eras.active.known);
  });

  test('defect 21: points are those of the state; an era that the chain no longer holds is not read, rather than empty', async () => {
    const chains = fakeChains({ eras: 2 });
    chains.staking.set('Staking', 'ErasTotalStake', [[[97], '500']]);
    const { staking } = await reading(chains);
    const eras = value(staking.points)?.map(({ era, total }) => [era, total]);
    assert.deepEqual(eras, [
      [97, 0],
      [98, 60],
      [99, 60],
    ]);
  });

  test('defect 21: an active era that cannot be read is unknown, and not era 0', async () => {
    const chains = fakeChains();
    chains.staking.setTrouble((method) => {
      if (method === 'state_queryStorageAt') throw new NodeFault('timeout', 'staking did not answer');
      return null;
    });
    const { staking } = await reading(chains);
    assert.ok(!staking.eras.active.known);
    assert.ok(!staking.points.known);
    for (const record of staking.candidates.values()) assert.ok(!record.erasWithPoints.known);
  });
});

describe('a snapshot', () => {
  test('has all facts that were read, and is read back from its text', async () => {
    const chains = fakeChains();
    const candidates = chains.candidates.map((stashKey, n) => ({ ...goodRecord(n + 1).candidate, stashKey }));
    const nominators = chains.nominators
      .slice(0, 2)
      .map((stashKey, n) => ({ name: `nominator ${n}`, stashKey, pending: known(false, 'programme') }));
    const snapshot = assembleSnapshot(candidates, await reading(chains), { ...EXTRAS, nominators });
    const read = decodeSnapshot(encodeSnapshot(snapshot));
    assert.ok(read.ok, read.ok ? '' : JSON.stringify(read.problems));
    assert.equal(read.snapshot.candidates[0]?.selfStake.known, true);
    assert.deepEqual(value(read.snapshot.nominators[1]?.targets), targetsOf(chains.candidates, 1));
    assert.equal(read.snapshot.candidates[0]?.lastSettled, 'valid');
    assert.equal(read.snapshot.candidates[0]?.place.known, false);
    assert.deepEqual(
      read.snapshot.eras.firstBlock.known && read.snapshot.eras.firstBlock.value.number,
      4_700n,
    );
    assert.deepEqual(read.snapshot.nominators[0]?.balance, known(777n, 'staking'));
    assert.equal(read.snapshot.sources.relay?.block?.number, 5_000n);
  });

  test('any text of a refusal by a node can be stored', async () => {
    const chains = fakeChains();
    for (const state of [chains.staking, chains.relay, chains.identity])
      state.setTrouble(() => {
        throw new NodeFault('refused', `\ud800 ${'long '.repeat(1_000)}`);
      });
    const candidates = chains.candidates.map((stashKey, n) => ({ ...goodRecord(n + 1).candidate, stashKey }));
    const read = decodeSnapshot(encodeSnapshot(assembleSnapshot(candidates, await reading(chains), EXTRAS)));
    assert.ok(read.ok, read.ok ? '' : JSON.stringify(read.problems.slice(0, 3)));
  });

  test('a commission above the whole is not a commission', async () => {
    const chains = fakeChains();
    const [first = ''] = chains.candidates;
    chains.staking.set('Staking', 'Validators', [[[first], { commission: 1_000_000_001, blocked: false }]]);
    const prefs = (await reading(chains)).staking.candidates.get(first)?.prefs;
    assert.ok(prefs?.known === false && /above the whole/.test(prefs.reason));
  });

  test('names the role that failed, and still gives a snapshot', async () => {
    const chains = fakeChains();
    for (const state of [chains.staking, chains.relay, chains.identity])
      state.setTrouble(() => {
        throw new NodeFault('unreachable', 'gone');
      });
    const candidates = chains.candidates.map((stashKey, n) => ({ ...goodRecord(n + 1).candidate, stashKey }));
    const snapshot = assembleSnapshot(candidates, await reading(chains), EXTRAS);
    assert.equal(snapshot.notes.length, 3);
    const read = decodeSnapshot(encodeSnapshot(snapshot));
    assert.ok(read.ok, read.ok ? '' : JSON.stringify(read.problems));
    assert.equal(read.snapshot.candidates[0]?.validating.known, false);
  });
});
