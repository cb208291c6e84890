import type { Candidate, ElectionInput, Fact, NominatorRules, Preset, Snapshot } from '../../index.ts';
import { EXAMPLE_CANDIDATES } from './example-candidates.ts';
import { DAY_MS, exampleRecord, HOUR_MS, inventedKey, type Scene, TAKEN_AT_MS } from './example-record.ts';

/** An invented world to try the commands on: the same every time. */
export interface Example {
  readonly nominators: NominatorRules;
  readonly snapshot: Snapshot;
  /** The list that the candidates of the snapshot came from, as JSON with a line for each key. */
  readonly list: string;
}

const ACTIVE_ERA = 2_200;
const ERAS_READ = 84;
const CLIENTS = ['Parity Polkadot', 'Kagome Node'];
/** Elected validators outside the programme. */
const OTHERS = 40;

const NETWORKS = {
  polkadot: {
    prefix: 0,
    decimals: 10,
    symbol: 'DOT',
    ownTokens: 10_000,
    periodEras: 1,
    totalTokens: 2_000_000,
  },
  kusama: { prefix: 2, decimals: 12, symbol: 'KSM', ownTokens: 250, periodEras: 4, totalTokens: 5_000 },
} as const;

/** Makes up two nominators, a snapshot and a candidate list for a preset. */
export async function exampleFor({ network, profile }: Preset): Promise<Example> {
  const { writeAddress } = await import('@watchbill/chain/address');
  const facts = NETWORKS[network];
  const { prefix, decimals, ownTokens, periodEras } = facts;
  const scene: Scene = {
    prefix,
    unit: 10n ** BigInt(decimals),
    ownTokens,
    // The rules of 2024 allow 5 % on Polkadot, those of 2026 ask for 10 %.
    commissionPerbill: profile === '1kv' ? 50_000_000 : 100_000_000,
    eras: Array.from({ length: ERAS_READ }, (_, at) => ACTIVE_ERA - ERAS_READ + at),
    periodEras,
  };
  const records = EXAMPLE_CANDIDATES.map(({ name, change }, slotId) => {
    const stashKey = inventedKey(`${name} stash`);
    const base = exampleRecord(
      candidateOf(slotId, name, stashKey, writeAddress({ prefix, publicKey: stashKey })),
      scene,
    );
    return { ...base, ...change(base) };
  });
  const nominators = ['example nominator 1', 'example nominator 2'].map((name) => ({
    name,
    stashKey: inventedKey(name),
  }));
  const snapshot = snapshotOf(network, scene, facts, records, nominators);
  return { nominators, snapshot, list: listOf(records.map(({ candidate }) => candidate)) };
}

function candidateOf(slotId: number, name: string, stashKey: string, stash: string) {
  return {
    slotId,
    name,
    stash,
    stashKey,
    kusamaStash: null,
    kusamaStashKey: null,
    handles: [`@${name}:example.org`],
    kyc: false,
    skipSelfStake: false,
  };
}

function known<Value>(value: Value, from: string): Fact<Value> {
  return { known: true, value, from };
}

function snapshotOf(
  network: Preset['network'],
  { prefix, unit, eras }: Scene,
  { decimals, symbol, totalTokens }: (typeof NETWORKS)[Preset['network']],
  candidates: Snapshot['candidates'],
  nominators: NominatorRules,
): Snapshot {
  const block = (what: string, number: bigint) => ({ number, hash: inventedKey(what) });
  const active = 6n * BigInt(totalTokens) * unit;
  return {
    version: 1,
    takenAtMs: TAKEN_AT_MS,
    network: { name: network, prefix, decimals, symbol },
    configVersion: 'example',
    sources: {
      staking: { role: 'staking', block: block('staking block', 9_000_000n), atMs: TAKEN_AT_MS - 6_000 },
      relay: { role: 'relay', block: block('relay block', 28_000_000n), atMs: TAKEN_AT_MS - 12_000 },
      identity: { role: 'identity', block: block('identity block', 5_000_000n), atMs: TAKEN_AT_MS - 9_000 },
      telemetry: { role: 'telemetry', block: null, atMs: TAKEN_AT_MS },
      programme: { role: 'programme', block: null, atMs: TAKEN_AT_MS },
      releases: { role: 'releases', block: null, atMs: TAKEN_AT_MS - HOUR_MS },
      places: { role: 'places', block: null, atMs: TAKEN_AT_MS - DAY_MS },
    },
    eras: {
      active: known(ACTIVE_ERA, 'staking'),
      activeSinceMs: known(TAKEN_AT_MS - 5 * HOUR_MS, 'staking'),
      current: known(ACTIVE_ERA, 'staking'),
      session: known(13_000, 'relay'),
      firstBlock: known(block('first block of the era', 27_990_000n), 'relay'),
      read: known([...eras], 'staking'),
      electedTotals: known(othersTotals(BigInt(totalTokens) * unit), 'staking'),
    },
    constants: { maxNominations: known(16, 'staking'), historyDepth: known(ERAS_READ, 'staking') },
    releases: known(
      CLIENTS.map((client) => ({ client, version: '1.20.0', publishedAtMs: TAKEN_AT_MS - 10 * DAY_MS })),
      'releases',
    ),
    telemetry: { watchedSinceMs: TAKEN_AT_MS - 900 * DAY_MS, outages: [] },
    election: known(electionOf(candidates, othersTotals(BigInt(totalTokens) * unit)), 'staking'),
    candidates: [...candidates],
    nominators: nominators.map(({ name, stashKey }) => ({
      name,
      stashKey,
      active: known(active, 'staking'),
      balance: known(active + 100n * unit, 'staking'),
      submittedIn: known(ACTIVE_ERA - 10, 'staking'),
      pending: known(false, 'programme'),
      targets: known([], 'staking'),
    })),
    notes: ['an example: every fact in it is invented'],
  };
}

/** Total stakes of the others, from 100 % to 139 % of the least. */
function othersTotals(least: bigint): bigint[] {
  return Array.from({ length: OTHERS }, (_, at) => (least * BigInt(100 + at)) / 100n);
}

/** An election with a seat for each of the others, so a candidate is elected only if it displaces one. */
function electionOf(candidates: Snapshot['candidates'], totals: readonly bigint[]): ElectionInput {
  const others = totals.map((stake, at) => ({ key: inventedKey(`other ${at}`), stake }));
  const keys = candidates.map(({ candidate }) => candidate.stashKey);
  const backers = candidates.flatMap(({ backing }, at) =>
    backing.known ? backing.value.active.map(({ who, bonded }) => ({ who, stake: bonded, votes: [at] })) : [],
  );
  const voters = others.map(({ key, stake }, at) => ({ who: key, stake, votes: [keys.length + at] }));
  return {
    seats: OTHERS,
    targets: [...keys, ...others.map(({ key }) => key)],
    voters: [...backers, ...voters],
  };
}

function listOf(candidates: readonly Candidate[]): string {
  const entries = candidates.map(({ slotId, name, stash, handles, kyc }) => ({
    slotId,
    name,
    stash,
    riotHandle: handles[0],
    kyc,
  }));
  return `${JSON.stringify({ candidates: entries }, null, 2)}\n`;
}
