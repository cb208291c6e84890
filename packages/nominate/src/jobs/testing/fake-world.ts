import type { Clock } from '@watchbill/kit';
import { plainCandidate } from '../../candidates/candidate.ts';
import type { ElectionCalendar } from '../../chain/index.ts';
import { known, unknown } from '../../facts/fact.ts';
import { faultRulesOf } from '../../history/faults.ts';
import { type Channel, deliver } from '../../notify/index.ts';
import { OLDEST_HEAD_MS } from '../../rounds/heads.ts';
import { presetProgramme } from '../../rounds/presets.ts';
import type { NominatorRecord } from '../../snapshot/record-shapes.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { ProgrammeStore } from '../../storage/port.ts';
import { sampleSnapshot } from '../../testing/sample.ts';
import { MACHINE_RULES } from '../../transactions/index.ts';
import type { ChainPart, ProgrammeSettings, ProgrammeWorld } from '../job-ports.ts';
import { plainDesk } from '../thread/desk.ts';

const ERA = 2_200;
/** Relay height of the next election. */
export const FAKE_ELECTION = 28_010_000n;

/** A chain with settable facts, and a world without a network. */
export interface FakeWorld extends ProgrammeWorld {
  readonly chainSays: {
    snapshot: Snapshot;
    era: number;
    relayHeight: bigint;
    stalled: boolean;
    failure: string | null;
    activeSet: readonly string[];
    delay: number | null;
    list: string;
    readCount: number;
    /** How old the finalised head of each chain is. */
    headAgeMs: number;
    /** How many eras after the active one the next election is for. */
    ahead: number;
    /** Points of eras that are over; null for some of the era before. */
    points: ReadonlyMap<number, ReadonlyMap<string, number>> | null;
    /** Facts of a nominator in addition to `due`. */
    nominatorSays: (stashKey: string) => Partial<NominatorRecord>;
    /** Whether snapshots use telemetry in place of the sample. */
    hearsTelemetry: boolean;
  };
  readonly channels: Channel[];
}

const SAMPLE = sampleSnapshot({ seed: 'jobs', count: 24, nominators: 2 });

export function fakeWorld(
  store: () => ProgrammeStore,
  clock: Clock,
  transactions: FakeWorld['transactions'] = { turn: async () => undefined },
): FakeWorld {
  const chainSays: FakeWorld['chainSays'] = {
    snapshot: SAMPLE,
    era: ERA,
    relayHeight: 28_000_000n,
    stalled: false,
    failure: null,
    activeSet: SAMPLE.candidates.slice(0, 9).map(({ candidate }) => candidate.stashKey),
    delay: 0,
    list: JSON.stringify({ candidates: SAMPLE.candidates.map(({ candidate }) => entryOf(candidate)) }),
    readCount: 0,
    headAgeMs: 6_000,
    ahead: 1,
    points: null,
    nominatorSays: () => ({}),
    hearsTelemetry: false,
  };
  const channels: Channel[] = [];
  return {
    chainSays,
    channels,
    transactions,
    candidates: async () => chainSays.list,
    chain: {
      read: async () => {
        chainSays.readCount += 1;
        return fakePart(chainSays, clock.nowMs());
      },
      faults: async (_candidates, from) => ({ faults: [], unread: [], next: from ?? '1', behind: 0 }),
      faultsIn: async (_candidates, { to }) => ({ faults: [], unread: [], next: to + 1n }),
      // Pages with an even number have an amount; the amounts of the others are unknown.
      amounts: async (pages) =>
        pages.map((each) => ({
          ...each,
          amount:
            each.page % 2 === 0
              ? known(BigInt(each.era), 'staking')
              : unknown('the page is missing', 'staking'),
        })),
    },
    // The store may be opened later than the world.
    get desk() {
      return plainDesk(store(), []);
    },
    telemetry: null,
    releases: async () => [{ client: 'Parity Polkadot', version: '1.20.0', publishedAtMs: 1 }],
    kusama: null,
    places: null,
    delayOf: async () => chainSays.delay,
    deliver: (signal) => deliver(store(), channels, clock.nowMs, signal),
  };
}

function entryOf({ slotId, name, stash, handles, kyc }: Snapshot['candidates'][number]['candidate']) {
  return { slotId, name, stash, riotHandle: handles[0], kyc };
}

function fakePart(says: FakeWorld['chainSays'], nowMs: number): ChainPart {
  const { era, failure } = says;
  const keys = says.snapshot.candidates.map(({ candidate }) => candidate.stashKey);
  return {
    snapshot: fakeSnapshot(says, nowMs),
    points: known(pointsSaid(says, keys), 'staking'),
    claims: new Map(
      keys.slice(0, 2).map((key) => [key, known([{ era: era - 80, pages: 2, claimed: [0] }], 'staking')]),
    ),
    activeSet: known(says.activeSet, 'relay'),
    elected: known({ era, stashes: says.activeSet }, 'staking'),
    calendar: known(fakeCalendar(says), 'relay'),
    pace: known({ sessions: says.stalled ? 20 : 3, due: 6, overdueMs: 0, stalled: says.stalled }, 'staking'),
    failures: failure === null ? [] : [{ role: 'staking', why: failure }],
    remember: null,
  };
}

function fakeSnapshot(says: FakeWorld['chainSays'], nowMs: number): ChainPart['snapshot'] {
  const { era, failure, snapshot } = says;
  const records = new Map(snapshot.candidates.map((record) => [record.candidate.stashKey, record]));
  return (candidates, extras) => ({
    ...snapshot,
    takenAtMs: nowMs,
    configVersion: extras.configVersion,
    network: { ...extras.network },
    sources: { ...headsAt(snapshot.sources, nowMs - says.headAgeMs), ...extras.sources },
    eras: {
      ...snapshot.eras,
      active: failure === null ? known(era, 'staking') : unknown(failure, 'staking'),
      current: known(era, 'staking'),
    },
    releases: extras.releases,
    telemetry: extras.telemetry,
    candidates: candidates.flatMap((candidate) => {
      const record = records.get(candidate.stashKey);
      const { sighting, place, ...rest } = extras.recordOf(candidate);
      const seen = says.hearsTelemetry ? { sighting, place } : {};
      return record === undefined
        ? []
        : [{ ...record, candidate: plainCandidate(candidate), ...rest, ...seen } as typeof record];
    }),
    nominators: extras.nominators.map((each, at) => ({
      ...(snapshot.nominators[at] ?? snapshot.nominators[0]),
      ...each,
      ...{ active: known(20_000_000n * 10n ** 10n, 'staking'), balance: known(10n ** 18n, 'staking') },
      submittedIn: known(era - 5, 'staking'),
      targets: known(null, 'staking'),
      ...says.nominatorSays(each.stashKey),
    })),
  });
}

function fakeCalendar({ era, relayHeight, ahead }: FakeWorld['chainSays']): ElectionCalendar {
  const moment = (height: bigint) => ({
    slot: Number(height),
    atMs: Number(height) * 6_000,
    relayHeight: height,
  });
  return {
    now: moment(relayHeight),
    active: era,
    decided: null,
    upcoming: [
      { era: era + ahead, snapshot: moment(FAKE_ELECTION) },
      { era: era + ahead + 1, snapshot: moment(FAKE_ELECTION + 14_400n) },
    ],
    eraEnds: moment(FAKE_ELECTION),
  };
}

function headsAt(sources: Snapshot['sources'], atMs: number): Snapshot['sources'] {
  const moved = Object.entries(sources).map(([name, source]) => [
    name,
    source.block === null ? source : { ...source, atMs },
  ]);
  return Object.fromEntries(moved);
}

function pointsSaid({ era, points }: FakeWorld['chainSays'], keys: readonly string[]) {
  const before = new Map(keys.slice(0, 3).map((key, at) => [key, at * 20]));
  return [...(points ?? new Map([[era - 1, before]]))].map(([of, earned]) => ({
    era: of,
    total: [...earned.values()].reduce((sum, each) => sum + each, 0),
    points: earned,
  }));
}

export function fakeSettings(world: FakeWorld): ProgrammeSettings {
  const { snapshot } = world.chainSays;
  const nominators = snapshot.nominators.map(({ name, stashKey }) => ({ name, stashKey }));
  const programme = presetProgramme({ network: 'polkadot', profile: 'fair' }, nominators);
  return {
    programme,
    modules: [],
    network: { name: 'polkadot', prefix: 0, decimals: 10, symbol: 'DOT' },
    listRules: { network: 'polkadot', prefix: 0, nodesPerOperator: null },
    goodRestOnly: false,
    configVersion: 'test',
    nominators: nominators.map(({ name, stashKey }) => ({
      name,
      stashKey,
      real: stashKey,
      signer: stashKey,
      way: 'direct',
    })),
    faultRules: faultRulesOf(programme.checks),
    machineRules: MACHINE_RULES,
    inclusionBlocks: 30,
    chill: false,
    oldestHeadMs: OLDEST_HEAD_MS,
    kusamaLeast: null,
    retention: { snapshots: 10, scores: 100, ended: 100, eras: 90, periods: 128 },
    payoutWarningEras: 8,
  };
}
