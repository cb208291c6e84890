import type { Candidate } from '../../candidates/candidate.ts';
import { known, mapFact, unknown } from '../../facts/fact.ts';
import { blankRecord } from '../../snapshot/blank.ts';
import type { CandidateRecord, NominatorRecord } from '../../snapshot/record-shapes.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { erasRead } from '../staking/read.ts';
import type { ChainReading } from './read-chains.ts';

/** The parts of a snapshot that do not come from chains. */
export interface SnapshotExtras {
  readonly network: Snapshot['network'];
  readonly configVersion: string;
  /** Those of telemetry, releases, places and the programme. */
  readonly sources: Snapshot['sources'];
  readonly releases: Snapshot['releases'];
  readonly telemetry: Snapshot['telemetry'];
  /** The facts about a candidate that no chain has. Absent facts are unknown. */
  readonly recordOf: (
    candidate: Candidate,
  ) => Partial<Pick<CandidateRecord, 'lastSettled' | 'sighting' | 'place' | 'kusama' | 'history'>>;
  /** The last known identity of a candidate whose identity is unknown now; null if there is none. */
  readonly lastIdentityOf: (stashKey: string) => NonNullable<CandidateRecord['lastIdentity']> | null;
  readonly nominators: readonly {
    readonly name: string;
    readonly stashKey: string;
    readonly pending: NominatorRecord['pending'];
    readonly coming?: NominatorRecord['coming'];
  }[];
  /** Whether to include the voters of the next election, which are most of its text. */
  readonly withElection: boolean;
  readonly notes: readonly string[];
}

/** Joins the facts of the chains and the extras to a snapshot. Pure. */
export function assembleSnapshot(
  candidates: readonly Candidate[],
  reading: ChainReading,
  extras: SnapshotExtras,
): Snapshot {
  const { staking, relay, roles } = reading;
  return {
    version: 1,
    takenAtMs: reading.takenAtMs,
    network: { ...extras.network },
    configVersion: extras.configVersion,
    sources: {
      ...extras.sources,
      staking: sourceOf(roles.staking.source),
      relay: sourceOf(roles.relay.source),
      identity: sourceOf(roles.identity.source),
    },
    eras: {
      active: staking.eras.active,
      activeSinceMs: staking.eras.activeSinceMs,
      current: staking.eras.current,
      session: relay.session,
      firstBlock: relay.firstBlock,
      read: erasRead(staking.points),
      electedTotals: staking.electedTotals.known
        ? known([...staking.electedTotals.value], staking.electedTotals.from)
        : staking.electedTotals,
    },
    constants: { maxNominations: staking.maxNominations, historyDepth: staking.historyDepth },
    releases: extras.releases,
    telemetry: extras.telemetry,
    election: extras.withElection
      ? staking.election
      : unknown('the voters of the election were left out of this snapshot', 'staking'),
    candidates: candidates.map((candidate) => recordOf(candidate, reading, extras)),
    nominators: extras.nominators.map((each) => nominatorOf(each, reading)),
    notes: [...extras.notes, ...notesOf(reading)],
  };
}

function sourceOf(source: ChainReading['roles']['staking']['source']): Snapshot['sources'][string] {
  const { role, block, atMs, timeless } = source;
  return {
    role,
    block: block === null ? null : { ...block },
    atMs,
    ...(timeless === undefined ? {} : { timeless }),
  };
}

function recordOf(candidate: Candidate, reading: ChainReading, extras: SnapshotExtras): CandidateRecord {
  const blank = blankRecord(candidate);
  const { stashKey } = candidate;
  const identity = reading.identity.get(stashKey) ?? blank.identity;
  return {
    ...blank,
    ...extras.recordOf(candidate),
    ...reading.staking.candidates.get(stashKey),
    identity,
    ...(identity.known ? {} : { lastIdentity: extras.lastIdentityOf(stashKey) }),
    sessionKeys: reading.relay.sessionKeys.get(stashKey) ?? blank.sessionKeys,
  };
}

function nominatorOf(
  { name, stashKey, pending, coming }: SnapshotExtras['nominators'][number],
  reading: ChainReading,
): NominatorRecord {
  const read = reading.staking.nominators.get(stashKey);
  const none = unknown('it was not asked for', 'staking');
  return {
    name,
    stashKey,
    active: read?.active ?? none,
    balance: read?.balance ?? none,
    submittedIn: read?.submittedIn ?? none,
    pending,
    targets: mapFact(read?.nomination ?? none, (nomination) => nomination && [...nomination.targets]),
    ...(coming === undefined ? {} : { coming }),
  };
}

/** Authors of blocks have clocks too, which may differ by so much. */
const SMALL_LATENESS_MS = 60_000;

/** Failures, so that readers of the snapshot see them. */
function notesOf({ lateMs, roles }: ChainReading): readonly string[] {
  const failures = Object.entries(roles).flatMap(([role, { failure }]) =>
    failure === null ? [] : [`${role} could not be read: ${failure}`],
  );
  if (lateMs <= SMALL_LATENESS_MS) return failures;
  const seconds = Math.round(lateMs / 1_000);
  return [
    ...failures,
    `the clock of this machine is at least ${seconds} s late, by the time of the newest block`,
  ];
}
