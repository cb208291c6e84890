import { roleEndpoints } from '@watchbill/chain/reading';
import { FAKE_GENESIS, type FakeState, fakeState, type MetadataFixture } from '@watchbill/chain/testing';
import type { RoleSet } from '../snapshot/read-chains.ts';
import { accountOf } from './fake-accounts.ts';
import { fillIdentities } from './fake-identities.ts';

export const NOW_MS = 1_795_000_000_000;
export const ERA = 100;
/** Sessions of the relay; the active era began with the first of them. */
export const FIRST_SESSION = 600;

export interface FakeChainsOptions {
  readonly staking?: MetadataFixture;
  readonly relay?: MetadataFixture;
  readonly identity?: MetadataFixture;
  /** How many validators there are; all of them candidates. */
  readonly candidates?: number;
  readonly nominators?: number;
  /** How many eras have points. */
  readonly eras?: number;
}

export type FakeChains = ReturnType<typeof fakeChains>;

/**
 * The chains of a programme in memory, on the metadata of real runtimes: every candidate validates, is
 * elected, is backed and has points in all eras.
 */
export function fakeChains(options: FakeChainsOptions = {}) {
  const { candidates: count = 3, nominators: voters = 4, eras = 4 } = options;
  const staking = fakeState({
    runtime: options.staking ?? 'asset-hub-2026',
    address: 'staking',
    head: 1_000,
  });
  const relay = fakeState({ runtime: options.relay ?? 'relay-2026', address: 'relay', head: 5_000 });
  const identity = fakeState({ runtime: options.identity ?? 'people-2026', address: 'identity', head: 300 });
  const candidates = Array.from({ length: count }, (_, n) => accountOf('candidate', n));
  const nominators = Array.from({ length: voters }, (_, n) => accountOf('nominator', n));
  for (const state of [staking, relay, identity])
    state.set('Timestamp', 'Now', [[[], String(NOW_MS - 6_000)]]);
  fillEras(staking);
  fillStakes(staking, candidates, nominators);
  fillExposures(staking, candidates, nominators);
  fillPast(staking, candidates, eras);
  fillSessions(relay, candidates);
  fillIdentities(identity, candidates);
  const roleOf = (state: FakeState) =>
    roleEndpoints({ nodes: [state.node], clock: stillClock, genesis: FAKE_GENESIS });
  const roles: RoleSet = { staking: roleOf(staking), relay: roleOf(relay), identity: roleOf(identity) };
  return { staking, relay, identity, roles, candidates, nominators };
}

/** Time does not pass, and pauses end at once: the fake chains need no time. */
const stillClock = { nowMs: () => NOW_MS, monotonicMs: () => 0, sleep: async () => undefined };

function fillEras(state: FakeState): void {
  state.apis.set('StakingApi_nominations_quota', '0x10000000');
  state.set('Staking', 'ActiveEra', [[[], { index: ERA, start: String(NOW_MS - 3_600_000) }]]);
  state.set('Staking', 'CurrentEra', [[[], ERA]]);
  state.set('Staking', 'BondedEras', [
    [
      [],
      [
        [ERA - 1, FIRST_SESSION - 6],
        [ERA, FIRST_SESSION],
      ],
    ],
  ]);
  state.set('Staking', 'ValidatorCount', [[[], 2]]);
}

function fillStakes(state: FakeState, candidates: readonly string[], nominators: readonly string[]): void {
  const claimed = ledgerClaims(state);
  const ledger = (stash: string, active: bigint) => ({
    stash,
    total: String(active),
    active: String(active),
    unlocking: [],
    ...claimed,
  });
  const all = [...candidates, ...nominators];
  const nomination = { submitted_in: ERA - 1, suppressed: false };
  setItems(state, 'Staking', {
    Bonded: all.map((stash) => [[stash], stash]),
    Ledger: all.map((stash, n) => [[stash], ledger(stash, 10n ** 14n + BigInt(n))]),
    Validators: candidates.map((stash) => [[stash], { commission: 100_000_000, blocked: false }]),
    Nominators: nominators.map((stash, n) => [[stash], { targets: targetsOf(candidates, n), ...nomination }]),
  });
  setItems(state, 'System', { Account: nominators.map((stash) => [[stash], accountInfo]) });
}

type Entries = Parameters<FakeState['set']>[2];

function setItems(state: FakeState, pallet: string, items: Readonly<Record<string, Entries>>): void {
  for (const [item, entries] of Object.entries(items)) state.set(pallet, item, entries);
}

const accountInfo = {
  nonce: 0,
  consumers: 0,
  providers: 1,
  sufficients: 0,
  data: { free: '700', reserved: '77', frozen: '0', flags: '0' },
};

/** Old ledgers list the eras that were paid. */
function ledgerClaims(state: FakeState): Record<string, readonly number[]> {
  const claims = { claimed_rewards: [], legacy_claimed_rewards: [] };
  const trial = accountOf('controller', 0);
  const base = { stash: trial, total: '0', active: '0', unlocking: [] };
  for (const [name, value] of Object.entries(claims)) {
    try {
      state.set('Staking', 'Ledger', [[[trial], { ...base, [name]: value }]]);
      return { [name]: value };
    } catch {
      // This runtime has no such item.
    }
  }
  return {};
}

/** Two candidates each, the next two for the next nominator. */
export function targetsOf(candidates: readonly string[], n: number): readonly string[] {
  return [0, 1].flatMap((step) => candidates[(n + step) % candidates.length] ?? []);
}

function fillExposures(state: FakeState, candidates: readonly string[], nominators: readonly string[]): void {
  const others = candidates.map((_, n) => {
    const who = nominators[n % Math.max(1, nominators.length)];
    return who === undefined ? [] : [{ who, value: '5000' }];
  });
  const own = (n: number) => ({ total: String(9_000 + n), own: '4000' });
  if (!hasItem(state, 'ErasStakersOverview')) {
    const exposure = (n: number) => ({ ...own(n), others: others[n] ?? [] });
    setItems(state, 'Staking', { ErasStakers: candidates.map((stash, n) => [[ERA, stash], exposure(n)]) });
    return;
  }
  setItems(state, 'Staking', {
    ErasStakersOverview: candidates.map((stash, n) => [
      [ERA, stash],
      { ...own(n), nominator_count: others[n]?.length ?? 0, page_count: 1 },
    ]),
    ErasStakersPaged: candidates.map((stash, n) => [
      [ERA, stash, 0],
      { page_total: '5000', others: others[n] ?? [] },
    ]),
  });
}

function hasItem(state: FakeState, item: string): boolean {
  try {
    state.set('Staking', item, []);
    return true;
  } catch {
    return false;
  }
}

/**
 * The eras before the active one: every candidate has points and one page, which is paid if payouts have
 * pages.
 */
function fillPast(state: FakeState, candidates: readonly string[], eras: number): void {
  const past = Array.from({ length: eras }, (_, n) => ERA - 1 - n);
  const points = { total: 20 * candidates.length, individual: candidates.map((stash) => [stash, 20]) };
  setItems(state, 'Staking', { ErasRewardPoints: past.map((era) => [[era], points]) });
  if (!hasItem(state, 'ClaimedRewards')) return;
  const pairs = past.flatMap((era) => candidates.map((stash) => [era, stash] as const));
  const overview = { total: '9000', own: '4000', nominator_count: 1, page_count: 1 };
  setItems(state, 'Staking', {
    ErasStakersOverview: pairs.map((pair) => [pair, overview]),
    ClaimedRewards: pairs.map((pair) => [pair, [0]]),
  });
}

const SLOTS = 600;
const GENESIS_SLOT = 290_000_000;

function fillSessions(state: FakeState, candidates: readonly string[]): void {
  const session = FIRST_SESSION + 2;
  const key = (n: number): string => `0x${n.toString(16).padStart(64, '0')}`;
  const base = {
    grandpa: key(1),
    babe: key(2),
    para_validator: key(3),
    para_assignment: key(4),
    authority_discovery: key(5),
    beefy: `0x02${'ab'.repeat(32)}`,
  };
  const keys = state.node.address === 'relay' ? keysFor(state, base) : base;
  state.set('Session', 'CurrentIndex', [[[], session]]);
  state.set('Session', 'Validators', [[[], candidates.slice(0, 2)]]);
  state.set('Session', 'QueuedKeys', [[[], candidates.slice(0, 1).map((stash) => [stash, keys])]]);
  setItems(state, 'Session', { NextKeys: candidates.map((stash) => [[stash], keys]) });
  state.set('Babe', 'GenesisSlot', [[[], String(GENESIS_SLOT)]]);
  state.set('Babe', 'EpochIndex', [[[], '40']]);
  state.set('Babe', 'CurrentSlot', [[[], String(GENESIS_SLOT + 40 * SLOTS + 100)]]);
  fillStarts(state, session);
}

/** Sessions before 2024 have an im-online key too. */
function keysFor(state: FakeState, base: Record<string, string>): Record<string, string> {
  const older = { ...base, im_online: `0x${'66'.repeat(32)}` };
  try {
    state.set('Session', 'NextKeys', [[[accountOf('controller', 9)], older]]);
    return older;
  } catch {
    return base;
  }
}

/** Sessions begin every 100 blocks; each block knows where its own and the one before began. */
function fillStarts(state: FakeState, session: number): void {
  const start = (of: number): number => 4_900 - 100 * (session - of);
  state.set('Babe', 'EpochStart', [[[], [start(session - 1), start(session)]]]);
  for (let of = session - 1; of > session - 8; of -= 1) {
    state.setAt(start(of), 'Babe', 'EpochStart', [[[], [start(of - 1), start(of)]]]);
    state.setAt(start(of), 'Session', 'CurrentIndex', [[[], of]]);
  }
}
