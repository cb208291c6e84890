import type { Candidate, ListRules } from '../candidates/candidate.ts';
import type {
  Claims,
  ElectionCalendar,
  EraPace,
  EventFault,
  PointsOfEra,
  SnapshotExtras,
} from '../chain/index.ts';
import type { Fact } from '../facts/fact.ts';
import type { FaultRules } from '../history/faults.ts';
import type { PageAmount, PayoutPage } from '../payouts/read-amounts.ts';
import type { PlaceFinder } from '../places/index.ts';
import type { Programme } from '../rounds/programme.ts';
import type { LoadedModule } from '../rounds/start.ts';
import type { Release, Snapshot } from '../snapshot/snapshot.ts';
import type { RetentionBounds } from '../storage/port.ts';
import type { Flag, TelemetryReport, TrackerMemory, Watched } from '../telemetry/index.ts';
import type { MachineRules, TransactionRunner } from '../transactions/index.ts';
import type { SnapshotDesk } from './thread/desk.ts';

/** All that the chains say of a programme at one moment. */
export interface ChainPart {
  readonly snapshot: (candidates: readonly Candidate[], extras: SnapshotExtras) => Snapshot;
  /** Of every era that the chain still holds. */
  readonly points: Fact<readonly PointsOfEra[]>;
  /** By stash key of a candidate. */
  readonly claims: Claims;
  /** Stash keys of the validators of this session. */
  readonly activeSet: Fact<readonly string[]>;
  /** The validators in the exposures of the active era, by stash key. */
  readonly elected: Fact<{ readonly era: number; readonly stashes: readonly string[] }>;
  readonly calendar: Fact<ElectionCalendar>;
  readonly pace: Fact<EraPace>;
  /** Roles that could not be read, with the reason. */
  readonly failures: readonly { readonly role: string; readonly why: string }[];
  /** A text for the next reading; null if there is none. */
  readonly remember: string | null;
}

export interface ChainQuestion {
  readonly candidates: readonly string[];
  readonly nominators: readonly string[];
  /** The `remember` text of the last reading. */
  readonly remembered: string | null;
}

/** Events of one chain from a block on, and the block from which to continue. */
export interface ReportedFaults {
  readonly faults: readonly EventFault[];
  /** Blocks whose events could not be read, and why. Faults in them are unknown. */
  readonly unread: readonly {
    readonly role: FaultGap['role'];
    readonly height: bigint;
    readonly why: string;
  }[];
  readonly next: string;
  /** More blocks are available; the next run continues with them. */
  readonly behind: number;
}

/** Blocks of one chain whose events could not be read. */
export interface FaultGap {
  readonly role: 'staking' | 'relay';
  readonly from: bigint;
  readonly to: bigint;
  /** Of events on a chain that has no eras itself. */
  readonly era: number | null;
}

export interface ChainReader {
  /** Rejects only for programming errors. Facts that cannot be read are unknown. */
  readonly read: (question: ChainQuestion, signal: AbortSignal) => Promise<ChainPart>;
  /**
   * Faults that events report since `from` (null: from now on); `era` is that of a chain without eras.
   * Rejects if the chain cannot be read.
   */
  readonly faults: (
    candidates: ReadonlySet<string>,
    from: string | null,
    era: number | null,
    signal: AbortSignal,
  ) => Promise<ReportedFaults>;
  /** The same for blocks that could not be read before, as many as one run reads, from the first on. */
  readonly faultsIn: (
    candidates: ReadonlySet<string>,
    gap: FaultGap,
    signal: AbortSignal,
  ) => Promise<
    Pick<ReportedFaults, 'faults' | 'unread'> & {
      /** The first block that was not read. */
      readonly next: bigint;
    }
  >;
  /** The rewards of payout pages. Rejects if the chain cannot be read. */
  readonly amounts: (pages: readonly PayoutPage[], signal: AbortSignal) => Promise<readonly PageAmount[]>;
}

/** Telemetry as a process hears it. */
export interface TelemetryEar {
  readonly report: () => TelemetryReport;
  readonly memory: () => TrackerMemory;
  /** Adopts the memory of another process with the same feeds. */
  readonly adopt: (memory: TrackerMemory) => void;
  readonly watch: (watched: readonly Watched[]) => void;
  readonly flags: () => readonly Flag[];
}

/** The dependencies of jobs outside of the database. Null for parts that a process does not have. */
export interface ProgrammeWorld {
  /** The text of the candidate list. */
  readonly candidates: (signal: AbortSignal) => Promise<string>;
  readonly chain: ChainReader;
  readonly desk: SnapshotDesk;
  readonly telemetry: TelemetryEar | null;
  readonly releases: ((signal: AbortSignal) => Promise<readonly Release[]>) | null;
  /** All pages of the published list of the Kusama programme. */
  readonly kusama: ((signal: AbortSignal) => Promise<readonly string[]>) | null;
  /** Looks up places by address; null if neither a table nor a program is configured. */
  readonly places: PlaceFinder | null;
  /** Null for a dry run, which sends no transactions. */
  readonly transactions: Pick<TransactionRunner, 'turn'> | null;
  /** The proxy delay of this nominator in blocks, from the chain; null if unknown. */
  readonly delayOf: (nominator: ProgrammeNominator, signal: AbortSignal) => Promise<number | null>;
  readonly deliver: (signal: AbortSignal) => Promise<string>;
}

/** A nominator and its way to sign. */
export interface ProgrammeNominator {
  readonly name: string;
  readonly stashKey: string;
  /** The account on whose behalf the call is made. */
  readonly real: string;
  readonly signer: string;
  readonly way: 'direct' | 'proxy';
}

/** Settings that do not change while a programme runs. */
export interface ProgrammeSettings {
  readonly programme: Programme;
  readonly modules: readonly LoadedModule[];
  readonly network: Snapshot['network'];
  readonly listRules: ListRules;
  /** Whether valid entries are used if other entries have an error. */
  readonly goodRestOnly: boolean;
  readonly configVersion: string;
  readonly nominators: readonly ProgrammeNominator[];
  readonly faultRules: FaultRules;
  readonly machineRules: MachineRules;
  /**
   * The most relay blocks until an extrinsic is in a block; counted twice if the nomination is announced
   * first.
   */
  readonly inclusionBlocks: number;
  /** Whether a nominator without a target that the rules allow is chilled. */
  readonly chill: boolean;
  /** If the heads are older, no round is made and no transaction is signed; null for no bound. */
  readonly oldestHeadMs: number | null;
  /**
   * The fewest candidates of a Kusama list; a shorter list counts as broken. Null for half of the previous
   * list.
   */
  readonly kusamaLeast: number | null;
  readonly retention: RetentionBounds & {
    /** Periods per candidate, one by one. Older ones become a digest. */
    readonly periods: number;
  };
  /** Payouts that expire within so many eras open a notice. */
  readonly payoutWarningEras: number;
}
