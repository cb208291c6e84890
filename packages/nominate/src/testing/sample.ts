import { createHash } from 'node:crypto';
import { writeAddress } from '@watchbill/chain/address';
import { type Candidate, plainCandidate } from '../candidates/candidate.ts';
import { known, unknown } from '../facts/fact.ts';
import type { CandidateRecord, Sighting } from '../snapshot/record-shapes.ts';
import type { ElectionInput, Snapshot } from '../snapshot/snapshot.ts';
import { DAY_MS, DOT, goodNominator, goodRecord, HOUR_MS, keyOf, NOON_MS, snapshotOf } from './records.ts';

/** A draw in [0, 1) for each name, the same for the same seed. */
type Draw = (name: string) => number;

const CITIES = [
  'Falkenstein',
  'Helsinki',
  'Singapore',
  'New York',
  'Paris',
  'Tokyo',
  'Warsaw',
  'Lisbon',
  'Toronto',
  'Vilnius',
];
const PROVIDERS = [
  'Hetzner Online GmbH',
  'OVH SAS',
  'Leaseweb',
  'Scaleway',
  'Vultr',
  'own rack A',
  'own rack B',
  'Netcup',
];
const CLIENTS = ['Parity Polkadot', 'Parity Polkadot', 'Parity Polkadot', 'Parity Polkadot', 'Kagome Node'];

/**
 * A snapshot whose facts are invented but plausible and uneven, the same for the same seed: valid and invalid
 * candidates, some facts unknown. `candidates` may be a real list; otherwise `count` of them are made up.
 */
export function sampleSnapshot(options: {
  readonly seed: string;
  readonly count?: number;
  readonly candidates?: readonly Candidate[];
  readonly nominators?: number;
  readonly backers?: number;
}): Snapshot {
  const { seed, count = 100, nominators = 2, backers = 5 } = options;
  const candidates = options.candidates ?? Array.from({ length: count }, (_, n) => madeUp(n));
  const records = candidates.map((candidate) =>
    sampleRecord(candidate, drawFor(`${seed}|${candidate.stashKey}`), backers),
  );
  return snapshotOf(records, {
    nominators: Array.from({ length: nominators }, (_, n) =>
      goodNominator(n, {
        active: known(20_000_000n * DOT, 'staking'),
        balance: known(20_000_100n * DOT, 'staking'),
      }),
    ),
  });
}

/**
 * The input of an election with invented stakes: each voter votes for `votes` targets, more often for those
 * at the front of the list, and stakes differ by a factor of up to 10,000.
 */
export function sampleElection(
  targets: readonly string[],
  size: { readonly seats: number; readonly voters: number; readonly votes: number },
): ElectionInput {
  const voters = Array.from({ length: size.voters }, (_, n) => {
    const draw = createHash('sha512').update(`voter ${n}`).digest();
    const at = (i: number) => draw.readUInt32BE((4 * i) % 60) / 2 ** 32;
    const votes = new Set<number>();
    for (let i = 0; votes.size < Math.min(size.votes, targets.length); i++)
      votes.add(Math.floor((at(i) ** 1.5 * targets.length + 7 * i * Math.floor(i / 15)) % targets.length));
    const stake = BigInt(Math.floor(250 * 10_000 ** (at(15) * at(14)))) * DOT + BigInt(n);
    return { who: keyOf(5_000_000 + n), stake, votes: [...votes] };
  });
  return { seats: size.seats, targets: [...targets], voters };
}

function madeUp(n: number): Candidate {
  const stashKey = `0x${createHash('sha256').update(`candidate ${n}`).digest('hex')}`;
  return { ...goodRecord(n).candidate, stashKey, stash: writeAddress({ prefix: 0, publicKey: stashKey }) };
}

function drawFor(seed: string): Draw {
  return (name) => createHash('sha256').update(`${seed}|${name}`).digest().readUInt32BE(0) / 2 ** 32;
}

function pick<Item>(list: readonly Item[], draw: number): Item {
  return list[Math.floor(draw * list.length)] as Item;
}

function sampleRecord(candidate: Candidate, draw: Draw, backerCount: number): CandidateRecord {
  const base = goodRecord(0);
  const eras = Array.from({ length: 84 }, (_, i) => 2_116 + i);
  const share = draw('activity');
  const active = eras.filter((era) => draw(`era ${era}`) < share);
  const standing = {
    rank: Math.floor(80 + draw('kusama') * 300),
    invalidReasons: [],
    identity: { account: keyOf(1), display: 'there' },
  };
  const lastNominatedEra = draw('last') < 0.4 ? 2_150 + Math.floor(draw('when') * 50) : null;
  return {
    ...base,
    ...sampleChain(draw),
    candidate: plainCandidate(candidate),
    lastSettled: draw('settled') < 0.5 ? 'valid' : null,
    sighting: known(sampleSighting(draw), 'telemetry'),
    place: draw('place gap') < 0.1 ? known(null, 'places') : known(samplePlace(draw), 'places'),
    unclaimedEras: known(draw('unclaimed') < 0.2 ? [2_199] : [], 'staking'),
    erasWithPoints: known(active, 'staking'),
    kusama: known(candidate.kusamaStash === null ? null : standing, 'programme'),
    backing: known(sampleBacking(draw, backerCount), 'staking'),
    history: { ...base.history, periods: samplePeriods(active), lastNominatedEra },
  };
}

function sampleChain(draw: Draw): Pick<CandidateRecord, 'validating' | 'prefs' | 'selfStake' | 'identity'> {
  const commissionPerbill = draw('commission') < 0.05 ? 1_000_000_000 : 100_000_000;
  const account = keyOf(1_000_000 + Math.floor(draw('identity') * 900));
  const identity = { account, display: 'operator', isSub: true, judgements: ['Reasonable'] };
  return {
    validating: known(draw('validating') > 0.03, 'staking'),
    prefs: known({ commissionPerbill, blocked: draw('blocked') < 0.01 }, 'staking'),
    selfStake: known(BigInt(Math.floor(9_800 + 40_000 * draw('self') ** 3)) * DOT, 'staking'),
    identity:
      draw('identity gap') < 0.02
        ? unknown('the endpoint did not answer', 'identity')
        : known(identity, 'identity'),
  };
}

function sampleSighting(draw: Draw): Sighting {
  const wentMs = NOON_MS - 3 * DAY_MS;
  return {
    matchedBy: draw('proof') < 0.5 ? 'name' : 'network-id',
    online: draw('online') > 0.02,
    sinceMs: NOON_MS - Math.floor(draw('since') * 30) * DAY_MS,
    firstSeenMs: NOON_MS - Math.floor(3 + draw('first') * 900) * DAY_MS,
    offline:
      draw('away') < 0.3 ? [{ fromMs: wentMs, toMs: wentMs + Math.floor(draw('gap') * 2 * HOUR_MS) }] : [],
    implementation: pick(CLIENTS, draw('client')),
    version: draw('version') < 0.05 ? '1.19.0' : '1.20.1',
  };
}

function sampleBacking(draw: Draw, count: number) {
  const backers = Array.from({ length: count }, (_, i) => ({
    who: keyOf(3_000_000 + Math.floor(draw(`backer ${i}`) * 1e6)),
    bonded: BigInt(Math.floor(draw(`bonded ${i}`) * 1e6)) * DOT,
  }));
  return { active: backers.slice(0, 2), inactive: backers.slice(2) };
}

function samplePlace(draw: Draw) {
  const city = pick(CITIES, draw('city') ** 2);
  return {
    city,
    region: `${city} region`,
    country: city.slice(0, 2).toUpperCase(),
    provider: pick(PROVIDERS, draw('provider') ** 2),
  };
}

function samplePeriods(active: readonly number[]) {
  return Array.from({ length: 21 }, (_, i) => {
    const [firstEra, lastEra] = [2_116 + 4 * i, 2_119 + 4 * i];
    const activeEras = active.filter((era) => era >= firstEra && era <= lastEra);
    return { firstEra, lastEra, activeEras, nominated: activeEras.length > 1 };
  });
}
