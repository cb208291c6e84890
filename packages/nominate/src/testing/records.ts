import { writeAddress } from '@watchbill/chain/address';
import { known } from '../facts/fact.ts';
import type { CandidateRecord, NominatorRecord } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { type Intent, makeIntent } from '../transactions/intent.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** 20 November 2026, noon UTC. */
export const NOON_MS = Date.UTC(2026, 10, 20, 12);
export const DOT = 10n ** 10n;

/** The public key number `n`: any number, always the same key. */
export function keyOf(n: number): string {
  return `0x${n.toString(16).padStart(64, '0')}`;
}

/** A hash for blocks of tests. */
export function hashOf(n: number): string {
  return `0x${n.toString(16).padStart(64, 'f')}`;
}

/** A candidate that passes every check of Polkadot in 2026, with changes. */
export function goodRecord(n: number, change: Partial<CandidateRecord> = {}): CandidateRecord {
  const stashKey = keyOf(n);
  return {
    candidate: {
      slotId: n,
      name: `node ${n}`,
      stash: writeAddress({ prefix: 0, publicKey: stashKey }),
      stashKey,
      kusamaStash: null,
      kusamaStashKey: null,
      handles: [`@operator-${n}:example.org`],
      kyc: false,
      skipSelfStake: false,
    },
    lastSettled: null,
    validating: known(true, 'staking'),
    prefs: known({ commissionPerbill: 100_000_000, blocked: false }, 'staking'),
    selfStake: known(12_000n * DOT, 'staking'),
    identity: known(
      { account: keyOf(1_000_000 + n), display: `operator ${n}`, isSub: false, judgements: ['Reasonable'] },
      'identity',
    ),
    sessionKeys: known({ grandpa: hashOf(n), beefy: `0x02${'ab'.repeat(32)}` }, 'relay'),
    sighting: known(
      {
        matchedBy: 'network-id',
        online: true,
        sinceMs: NOON_MS - 40 * DAY_MS,
        firstSeenMs: NOON_MS - 100 * DAY_MS,
        offline: [],
        implementation: 'Parity Polkadot',
        version: '1.20.1-abcdef',
      },
      'telemetry',
    ),
    place: known(
      { city: `city ${n}`, region: `region ${n}`, country: `C${n}`, provider: `provider ${n}` },
      'places',
    ),
    unclaimedEras: known([], 'staking'),
    erasWithPoints: known([], 'staking'),
    kusama: known(null, 'programme'),
    backing: known({ active: [], inactive: [] }, 'staking'),
    history: { periods: [], faults: [], lastNominatedEra: null, nominationCount: 0 },
    ...change,
  };
}

/** One of the programme's nominators with a million tokens, with changes. */
export function goodNominator(n: number, change: Partial<NominatorRecord> = {}): NominatorRecord {
  return {
    name: `nominator ${n}`,
    stashKey: keyOf(2_000_000 + n),
    active: known(1_000_000n * DOT, 'staking'),
    balance: known(1_000_000n * DOT, 'staking'),
    submittedIn: known(2_190, 'staking'),
    pending: known(false, 'programme'),
    targets: known([], 'staking'),
    ...change,
  };
}

/** A nomination by a proxy for nominator number `n`, with changes. */
export function sampleIntent(n: number, change: Partial<Omit<Intent, 'id'>> = {}): Intent {
  return makeIntent({
    nominator: keyOf(n),
    real: keyOf(n),
    signer: keyOf(900),
    way: 'proxy',
    call: 'nominate',
    era: 7,
    round: 'round 7',
    targets: [keyOf(100), keyOf(101)],
    fromHeight: 1n,
    deadlineRelay: 100n,
    sinceEra: null,
    forEra: 8,
    ...change,
  });
}

/** A snapshot of Polkadot with the given candidates, with changes. */
export function snapshotOf(candidates: readonly CandidateRecord[], change: Partial<Snapshot> = {}): Snapshot {
  const block = (n: number) => ({ number: BigInt(n), hash: hashOf(n) });
  const eras = Array.from({ length: 84 }, (_, i) => 2_116 + i);
  return {
    version: 1,
    takenAtMs: NOON_MS,
    network: { name: 'polkadot', prefix: 0, decimals: 10, symbol: 'DOT' },
    configVersion: 'test',
    sources: {
      staking: { role: 'staking', block: block(9_000_000), atMs: NOON_MS - 6_000 },
      relay: { role: 'relay', block: block(28_000_000), atMs: NOON_MS - 12_000 },
      identity: { role: 'identity', block: block(5_000_000), atMs: NOON_MS - 9_000 },
      telemetry: { role: 'telemetry', block: null, atMs: NOON_MS },
      programme: { role: 'programme', block: null, atMs: NOON_MS },
      releases: { role: 'releases', block: null, atMs: NOON_MS - HOUR_MS },
      places: { role: 'places', block: null, atMs: NOON_MS - DAY_MS },
    },
    eras: {
      active: known(2_200, 'staking'),
      activeSinceMs: known(NOON_MS - 5 * HOUR_MS, 'staking'),
      current: known(2_201, 'staking'),
      session: known(13_000, 'relay'),
      firstBlock: known(block(27_990_000), 'relay'),
      read: known(eras, 'staking'),
      electedTotals: known(
        [...Array(40).keys()].map((i) => (2_000_000n + 10_000n * BigInt(i)) * DOT),
        'staking',
      ),
    },
    constants: { maxNominations: known(16, 'staking'), historyDepth: known(84, 'staking') },
    releases: known(
      [{ client: 'Parity Polkadot', version: '1.20.0', publishedAtMs: NOON_MS - 10 * DAY_MS }],
      'releases',
    ),
    telemetry: { watchedSinceMs: NOON_MS - 200 * DAY_MS, outages: [] },
    election: { known: false, reason: 'not read', from: 'staking' },
    candidates: [...candidates],
    nominators: [],
    notes: [],
    ...change,
  };
}
