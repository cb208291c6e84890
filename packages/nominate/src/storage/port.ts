import type { Checked, Scored } from '../operations/judge.ts';
import type { Aftermath, StoredRound } from '../rounds/stored.ts';
import type { Fault, Period } from '../snapshot/history-shapes.ts';
import type { LookedUp } from '../snapshot/place.ts';
import type { Place } from '../snapshot/record-shapes.ts';
import type { Release } from '../snapshot/snapshot.ts';
import type { IntentQueries, IntentStore } from '../transactions/store/port.ts';

/** A part of a list, and where the next part begins; `next` is opaque, and null after the last part. */
export interface PageOf<Row> {
  readonly rows: readonly Row[];
  /** Of all rows that the filter lets through. */
  readonly total: number;
  readonly next: string | null;
}

export interface PageRequest {
  /** 1 to 1,000. */
  readonly limit: number;
  /** From a page before; null for the beginning. One that this store did not make is a {@link StorageFault}. */
  readonly after: string | null;
}

/** How one candidate stands by the newest snapshot. */
export interface Standing {
  readonly stashKey: string;
  readonly stash: string;
  readonly slotId: number;
  readonly name: string;
  readonly verdict: Checked['verdict'];
  readonly eligible: boolean;
  readonly results: Checked['results'];
  /** Null where it was not scored. */
  readonly score: Scored['scores'][number] | null;
  /** Its place in the order, from 1; null where it was not scored. */
  readonly position: number | null;
  readonly rank: number;
  /** Whether it was in the active set; null for unknown. */
  readonly active: boolean | null;
  readonly kyc: boolean;
  /** The newest moment at which it was valid; null for never. */
  readonly lastValidMs: number | null;
  readonly lastSettled: 'valid' | 'invalid' | null;
}

export interface StandingFilter {
  readonly verdict?: Checked['verdict'];
  readonly active?: boolean;
  readonly kyc?: boolean;
  /** A part of the name, whatever its case. */
  readonly name?: string;
  readonly sort: 'position' | 'name' | 'slot' | 'rank';
  readonly descending: boolean;
}

/** What every row of a standing was computed from. */
export interface StandingsOf {
  /** Digest of the snapshot. */
  readonly snapshot: string;
  readonly takenAtMs: number;
  readonly programme: string;
  /** Of the relay chain; left out or null where it was not known. */
  readonly session?: number | null;
}

export interface RoundRow {
  /** Digest of the record: the name of the round. */
  readonly id: string;
  readonly era: number;
  readonly madeAtMs: number;
  readonly eligibleCount: number;
  readonly nominatedCount: number;
  readonly nominators: readonly string[];
  /** How many of its targets were elected, as far as outcomes are known; null for none yet. */
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
  readonly median: number;
}

/** One page of one validator's rewards of one era. */
export interface PayoutRow {
  readonly stashKey: string;
  readonly era: number;
  readonly page: number;
  /** As the chain says; never a guess. */
  readonly state: 'unclaimed' | 'claimed';
  /** What the page pays or paid, in planck, to the validator and the nominators in it; null while that is not known. */
  readonly amount: bigint | null;
  /** Why the amount cannot be known; null where it is known, or was not read yet. */
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
  /** 0 to 1, of the run under way; null where it cannot be told. */
  readonly progress: number | null;
  /** What it is at, or what it did, in one sentence. */
  readonly detail: string;
  readonly runCount: number;
  readonly failureCount: number;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly nextMs: number | null;
  /** Of the last failure: code, cause and remedy; null after a success. */
  readonly error: string | null;
}

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Something that people are told: open from its first report until it is over. */
export interface NoticeRow {
  /** The same thing has the same key, so that it is told once. */
  readonly key: string;
  readonly severity: Severity;
  readonly text: string;
  readonly openSinceMs: number;
  readonly lastSentMs: number | null;
  readonly closedMs: number | null;
  readonly count: number;
}

/**
 * What a programme remembers. One schema for SQLite and PostgreSQL; every method is one transaction and may be called again with the
 * same arguments. Rejects with a {@link StorageFault} and with nothing else.
 */
export interface ProgrammeStore {
  readonly snapshots: {
    /** Keeps the text under its digest, and makes it the newest. */
    readonly put: (text: string) => Promise<{ readonly digest: string }>;
    readonly get: (digest: string) => Promise<string | null>;
    readonly newest: () => Promise<{ readonly digest: string; readonly takenAtMs: number } | null>;
  };
  readonly standings: {
    /** In place of all there are; scores are kept as history too. */
    readonly replace: (of: StandingsOf, rows: readonly Standing[]) => Promise<void>;
    readonly of: () => Promise<StandingsOf | null>;
    readonly list: (filter: StandingFilter, page: PageRequest) => Promise<PageOf<Standing>>;
    readonly get: (stashKey: string) => Promise<Standing | null>;
    readonly scores: (stashKey: string, limit: number) => Promise<readonly ScorePoint[]>;
    readonly counts: () => Promise<Readonly<Record<Checked['verdict'] | 'all' | 'active' | 'kyc', number>>>;
  };
  readonly rounds: {
    /** `exists` where a round of that id is there already, which is then left as it is. */
    readonly add: (round: StoredRound) => Promise<'added' | 'exists'>;
    readonly get: (id: string) => Promise<StoredRound | null>;
    /** The newest first. */
    readonly list: (page: PageRequest) => Promise<PageOf<RoundRow>>;
    readonly newest: () => Promise<RoundRow | null>;
    /** What came of it, in place of what was known; the texts of the round never change. */
    readonly setAftermath: (id: string, aftermath: Aftermath) => Promise<void>;
    /** Rounds that nominated the candidate, the newest first. */
    readonly nominating: (stashKey: string, limit: number) => Promise<readonly RoundRow[]>;
  };
  readonly history: {
    /** A fault of one candidate, kind, era and reason is there once. Answers how many were new. */
    readonly addFaults: (stashKey: string, faults: readonly Fault[]) => Promise<number>;
    readonly putPeriods: (stashKey: string, periods: readonly Period[]) => Promise<void>;
    readonly of: (
      stashKeys: readonly string[],
    ) => Promise<
      ReadonlyMap<string, { readonly faults: readonly Fault[]; readonly periods: readonly Period[] }>
    >;
    readonly faults: (page: PageRequest) => Promise<PageOf<Fault & { readonly stashKey: string }>>;
  };
  readonly points: {
    readonly putEra: (total: EraTotal, rows: readonly EraPointsRow[]) => Promise<void>;
    readonly eras: () => Promise<readonly EraTotal[]>;
    readonly of: (stashKey: string, limit: number) => Promise<readonly EraPointsRow[]>;
    readonly ofAll: (stashKeys: readonly string[], fromEra: number) => Promise<readonly EraPointsRow[]>;
  };
  readonly payouts: {
    /** Takes over what the chain says of pages; an amount that is known stays where none is given. */
    readonly put: (rows: readonly PayoutRow[]) => Promise<void>;
    readonly of: (stashKey: string, limit: number) => Promise<readonly PayoutRow[]>;
    /** Pages whose amount was not sought yet and that expire after the era, the newest first. */
    readonly withoutAmount: (era: number, limit: number) => Promise<readonly PayoutRow[]>;
    /** Keeps what was found; pages that are not there are left out. */
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
    /** Where a telemetry server located the node. */
    readonly put: (stashKey: string, place: Place, atMs: number) => Promise<void>;
    readonly all: () => Promise<ReadonlyMap<string, { readonly place: Place; readonly atMs: number }>>;
    /** What a lookup of the address gave, in place of what it gave before. */
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
  /** Who alone does something for a while: a preference, on which nothing that must hold rests. */
  readonly leases: {
    /** Whether the holder has it now, until so many milliseconds from now; again by the same holder prolongs it. */
    readonly take: (name: string, holder: string, forMs: number) => Promise<boolean>;
    readonly release: (name: string, holder: string) => Promise<void>;
  };
  /** Forgets what is older than the bounds; what a round refers to stays. Answers rows forgotten by table. */
  readonly prune: (bounds: RetentionBounds) => Promise<Readonly<Record<string, number>>>;
  /** For health: resolves where the database answers. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface RetentionBounds {
  /** Snapshots that no round refers to, but for the newest so many. */
  readonly snapshots: number;
  /** Score points per candidate. */
  readonly scores: number;
  /** Ended intents and closed notices, each. */
  readonly ended: number;
  /** Eras of points and payouts. */
  readonly eras: number;
}

export type StorageFaultCode =
  /** The database cannot be reached, or did not answer in time. */
  | 'unavailable'
  /** Another version of the schema than this program knows, or a damaged file. */
  | 'schema'
  /** It refused: rights, password, a full disk. */
  | 'refused'
  /** What was asked for makes no sense: a page that this store did not make. */
  | 'request';

/** The one error of storage: what happened, and what to do. Never a password, never a whole address. */
export class StorageFault extends Error {
  readonly code: StorageFaultCode;
  readonly remedy: string;
  constructor(code: StorageFaultCode, message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StorageFault';
    this.code = code;
    this.remedy = remedy;
  }
}
