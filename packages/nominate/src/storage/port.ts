import { PackageFault } from '@watchbill/kit';
import type { Checked, Scored } from '../operations/judge.ts';
import type { Aftermath, StoredRound } from '../rounds/stored.ts';
import type { Earlier, Fault, Period } from '../snapshot/history-shapes.ts';
import type { LookedUp } from '../snapshot/place.ts';
import type { Place } from '../snapshot/record-shapes.ts';
import type { Release } from '../snapshot/snapshot.ts';
import type { IntentQueries, IntentStore } from '../transactions/store/port.ts';

/** A page of a list. `next` is an opaque cursor, null after the last page. */
export interface PageOf<Row> {
  readonly rows: readonly Row[];
  /** Of all rows that match the filter. */
  readonly total: number;
  readonly next: string | null;
}

export interface PageRequest {
  /** 1 to 1,000. */
  readonly limit: number;
  /**
   * From an earlier page; null for the first page. A cursor that this store did not make gives a {@link
   * StorageFault}.
   */
  readonly after: string | null;
}

/** The standing of one candidate by the newest snapshot. */
export interface Standing {
  readonly stashKey: string;
  readonly stash: string;
  readonly slotId: number;
  readonly name: string;
  readonly verdict: Checked['verdict'];
  readonly eligible: boolean;
  readonly results: Checked['results'];
  /** Null if it was not scored. */
  readonly score: Scored['scores'][number] | null;
  /** Its place in the order, from 1; null if it was not scored. */
  readonly position: number | null;
  readonly rank: number;
  /** Whether it was in the active set; null if unknown. */
  readonly active: boolean | null;
  readonly kyc: boolean;
  /** The last moment at which it was valid; null for never. */
  readonly lastValidMs: number | null;
  readonly lastSettled: 'valid' | 'invalid' | null;
}

export interface StandingFilter {
  readonly verdict?: Checked['verdict'];
  readonly active?: boolean;
  readonly kyc?: boolean;
  /** A part of the name; case does not matter. */
  readonly name?: string;
  readonly sort: 'position' | 'name' | 'slot' | 'rank';
  readonly descending: boolean;
}

/** The inputs of all rows of standings. */
export interface StandingsOf {
  /** Digest of the snapshot. */
  readonly snapshot: string;
  readonly takenAtMs: number;
  readonly programme: string;
  /** Of the relay chain; absent or null if unknown. */
  readonly session?: number | null;
}

export interface RoundRow {
  /** Digest of the record, which is the id of the round. */
  readonly id: string;
  readonly era: number;
  readonly madeAtMs: number;
  readonly eligibleCount: number;
  readonly nominatedCount: number;
  readonly nominators: readonly string[];
  /** How many of its targets were elected, as far as outcomes are known; null while none is. */
  readonly electedCount: number | null;
}

export interface EraPointsRow {
  readonly era: number;
  readonly stashKey: string;
  readonly points: number;
}

export interface EraTotal {
  readonly era: number;
  readonly total: number;
  readonly validators: number;
  /** The mean of the middle two for an even number of validators. */
  readonly median: number;
}

/** One page of one validator's rewards of one era. */
export interface PayoutRow {
  readonly stashKey: string;
  readonly era: number;
  readonly page: number;
  /** From the chain; never a guess. */
  readonly state: 'unclaimed' | 'claimed';
  /**
   * Rewards of the page, paid or unpaid, in planck, for the validator and its nominators; null while unknown.
   */
  readonly amount: bigint | null;
  /** Why the amount cannot be known; null if it is known, or was not read yet. */
  readonly amountWhy: string | null;
  /** The first era in which it can no longer be claimed. */
  readonly expiresEra: number;
}

export interface ScorePoint {
  readonly snapshot: string;
  readonly takenAtMs: number;
  readonly session: number | null;
  readonly total: number;
  readonly position: number;
}

export const JOB_STATES = ['idle', 'running', 'succeeded', 'failed', 'stopped'] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface JobRow {
  readonly name: string;
  readonly state: JobState;
  /** Progress of the current run, 0 to 1; null if unknown. */
  readonly progress: number | null;
  /** Its current step or its result, in one sentence. */
  readonly detail: string;
  readonly runCount: number;
  readonly failureCount: number;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly nextMs: number | null;
  /** The last failure: code, cause and remedy; null after a success. */
  readonly error: string | null;
}

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A condition that people are notified of: open from its first report until it ends. */
export interface NoticeRow {
  /** The same condition has the same key, so that it is sent once. */
  readonly key: string;
  readonly severity: Severity;
  readonly text: string;
  readonly openSinceMs: number;
  readonly lastSentMs: number | null;
  readonly closedMs: number | null;
  readonly count: number;
}

/**
 * The stored state of a programme. One schema for SQLite and PostgreSQL; every method is one transaction and
 * may be called again with the same arguments. Rejects only with a {@link StorageFault}.
 */
export interface ProgrammeStore {
  readonly snapshots: {
    /** Stores the text under its digest, and makes it the newest. */
    readonly put: (text: string) => Promise<{ readonly digest: string }>;
    readonly get: (digest: string) => Promise<string | null>;
    /** The text as it is stored: compressed with zstd. */
    readonly packed: (digest: string) => Promise<Uint8Array | null>;
    readonly newest: () => Promise<{ readonly digest: string; readonly takenAtMs: number } | null>;
  };
  readonly standings: {
    /** Replaces all standings; scores are also added to the history. */
    readonly replace: (of: StandingsOf, rows: readonly Standing[]) => Promise<void>;
    readonly of: () => Promise<StandingsOf | null>;
    readonly list: (filter: StandingFilter, page: PageRequest) => Promise<PageOf<Standing>>;
    readonly get: (stashKey: string) => Promise<Standing | null>;
    readonly scores: (stashKey: string, limit: number) => Promise<readonly ScorePoint[]>;
    readonly counts: () => Promise<Readonly<Record<Checked['verdict'] | 'all' | 'active' | 'kyc', number>>>;
  };
  readonly rounds: {
    /** `exists` if a round with that id is stored, which then stays unchanged. */
    readonly add: (round: StoredRound) => Promise<'added' | 'exists'>;
    /** The same for a new round of a stored snapshot, which it names by its digest. */
    readonly addDecided: (
      round: Pick<StoredRound, 'programme' | 'record'> & { readonly snapshot: string },
    ) => Promise<'added' | 'exists'>;
    readonly get: (id: string) => Promise<StoredRound | null>;
    /** Newest first. */
    readonly list: (page: PageRequest) => Promise<PageOf<RoundRow>>;
    readonly newest: () => Promise<RoundRow | null>;
    /** Replaces the aftermath; the texts of the round never change. */
    readonly setAftermath: (id: string, aftermath: Aftermath) => Promise<void>;
    /** Rounds that nominated the candidate, newest first. */
    readonly nominating: (stashKey: string, limit: number) => Promise<readonly RoundRow[]>;
  };
  readonly history: {
    /** Stores a fault of one candidate, kind, era and reason once. Returns the number of new ones. */
    readonly addFaults: (stashKey: string, faults: readonly Fault[]) => Promise<number>;
    readonly putPeriods: (stashKey: string, periods: readonly Period[]) => Promise<void>;
    readonly of: (stashKeys: readonly string[]) => Promise<
      ReadonlyMap<
        string,
        {
          readonly faults: readonly Fault[];
          readonly periods: readonly Period[];
          /** The digest of the periods before those. */
          readonly earlier?: Earlier;
        }
      >
    >;
    /** Stores the digest of a candidate, and deletes the periods that it covers. */
    readonly putEarlier: (stashKey: string, earlier: Earlier) => Promise<void>;
    readonly faults: (page: PageRequest) => Promise<PageOf<Fault & { readonly stashKey: string }>>;
  };
  readonly points: {
    readonly putEra: (total: EraTotal, rows: readonly EraPointsRow[]) => Promise<void>;
    readonly eras: () => Promise<readonly EraTotal[]>;
    readonly of: (stashKey: string, limit: number) => Promise<readonly EraPointsRow[]>;
    readonly ofAll: (stashKeys: readonly string[], fromEra: number) => Promise<readonly EraPointsRow[]>;
  };
  readonly payouts: {
    /** Stores the chain's data about pages; a known amount stays if none is given. */
    readonly put: (rows: readonly PayoutRow[]) => Promise<void>;
    readonly of: (stashKey: string, limit: number) => Promise<readonly PayoutRow[]>;
    /** Pages without an attempt to read their amount that expire after the era, newest first. */
    readonly withoutAmount: (era: number, limit: number) => Promise<readonly PayoutRow[]>;
    /** Stores amounts; unknown pages are ignored. */
    readonly setAmounts: (
      found: readonly Pick<PayoutRow, 'stashKey' | 'era' | 'page' | 'amount' | 'amountWhy'>[],
    ) => Promise<void>;
    readonly unclaimed: (page: PageRequest) => Promise<PageOf<PayoutRow>>;
  };
  readonly releases: {
    readonly put: (releases: readonly Release[]) => Promise<void>;
    readonly all: () => Promise<readonly Release[]>;
  };
  readonly places: {
    /** Locations of nodes from telemetry servers. */
    readonly put: (stashKey: string, place: Place, atMs: number) => Promise<void>;
    readonly all: () => Promise<ReadonlyMap<string, { readonly place: Place; readonly atMs: number }>>;
    /** Replaces the result of a lookup of the address. */
    readonly putLookedUp: (stashKey: string, found: LookedUp) => Promise<void>;
    readonly lookedUp: () => Promise<ReadonlyMap<string, LookedUp>>;
  };
  /** Small texts by name: memory of telemetry, cursors. */
  readonly notes: {
    readonly get: (name: string) => Promise<string | null>;
    readonly put: (name: string, text: string) => Promise<void>;
  };
  readonly jobs: {
    readonly put: (row: JobRow) => Promise<void>;
    readonly all: () => Promise<readonly JobRow[]>;
  };
  readonly notices: {
    readonly put: (row: NoticeRow) => Promise<void>;
    readonly get: (key: string) => Promise<NoticeRow | null>;
    readonly open: () => Promise<readonly NoticeRow[]>;
    readonly list: (page: PageRequest) => Promise<PageOf<NoticeRow>>;
  };
  readonly intents: IntentStore & IntentQueries;
  /** Temporary exclusive rights. They avoid duplicate work; safety does not depend on them. */
  readonly leases: {
    /** Whether the holder has the lease now, for the given milliseconds; the same holder can renew it. */
    readonly take: (name: string, holder: string, forMs: number) => Promise<boolean>;
    readonly release: (name: string, holder: string) => Promise<void>;
  };
  /**
   * Deletes rows older than the bounds; data that a round refers to stays. Returns the deleted rows by table.
   */
  readonly prune: (bounds: RetentionBounds) => Promise<Readonly<Record<string, number>>>;
  /** For health: resolves if the database answers. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface RetentionBounds {
  /** Snapshots without a round, except the newest so many. */
  readonly snapshots: number;
  /** Score points per candidate. */
  readonly scores: number;
  /** Ended intents and closed notices, separately. */
  readonly ended: number;
  /** Eras of points and payouts. */
  readonly eras: number;
}

export type StorageFaultCode =
  /** The database is unreachable, or did not answer in time. */
  | 'unavailable'
  /** An unknown version of the schema, or a damaged file. */
  | 'schema'
  /** It refused: permissions, password, a full disk. */
  | 'refused'
  /** An invalid request: a page that this store did not make. */
  | 'request';

/** The error of storage: what failed, and the remedy. Never contains a password or a whole address. */
export class StorageFault extends PackageFault<StorageFaultCode> {
  override readonly name = 'StorageFault';
}
