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

/** All that the chains say of a programme at one moment. */
export interface ChainPart {
  readonly snapshot: (candidates: readonly Candidate[], extras: SnapshotExtras) => Snapshot;
  /** Of every era that the chain still holds. */
  readonly points: Fact<readonly PointsOfEra[]>;
  /** By stash key of a candidate. */
  readonly claims: Claims;
  /** Stash keys of the validators of this session. */
  readonly activeSet: Fact<readonly string[]>;
  /** Who was elected for the active era: everybody in its exposures, by stash key. */
  readonly elected: Fact<{ readonly era: number; readonly stashes: readonly string[] }>;
  readonly calendar: Fact<ElectionCalendar>;
  readonly pace: Fact<EraPace>;
  /** Roles that could not be read, with the reason. */
  readonly failures: readonly { readonly role: string; readonly why: string }[];
  /** To be given to the next reading, as text; null for nothing. */
  readonly remember: string | null;
}

export interface ChainQuestion {
  readonly candidates: readonly string[];
  readonly nominators: readonly string[];
  /** What the last reading asked to be remembered. */
  readonly remembered: string | null;
}

/** Events of one chain from a block on, and where the next look begins. */
export interface ReportedFaults {
  readonly faults: readonly EventFault[];
  /** Blocks whose events could not be read, and why: what they report is unknown. */
  readonly unread: readonly {
    readonly role: FaultGap['role'];
    readonly height: bigint;
    readonly why: string;
  }[];
  readonly next: string;
  /** Blocks that are there and were not looked at yet: another look goes on with them. */
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
  /** Rejects only for mistakes of the program: what cannot be read is unknown. */
  readonly read: (question: ChainQuestion, signal: AbortSignal) => Promise<ChainPart>;
  /** Faults that events report since `from` (null: from now on); `era` is that of a chain without eras. Rejects where the chain cannot be read. */
  readonly faults: (
    candidates: ReadonlySet<string>,
    from: string | null,
    era: number | null,
    signal: AbortSignal,
  ) => Promise<ReportedFaults>;
  /** The same once more for blocks that could not be read, as many as one look takes, from the first on. */
  readonly faultsIn: (
    candidates: ReadonlySet<string>,
    gap: FaultGap,
    signal: AbortSignal,
  ) => Promise<
    Pick<ReportedFaults, 'faults' | 'unread'> & {
      /** The first block that was not looked at. */
      readonly next: bigint;
    }
  >;
  /** What pages of payouts are worth. Rejects where the chain cannot be read. */
  readonly amounts: (pages: readonly PayoutPage[], signal: AbortSignal) => Promise<readonly PageAmount[]>;
}

/** Telemetry as a process hears it. */
export interface TelemetryEar {
  readonly report: () => TelemetryReport;
  readonly memory: () => TrackerMemory;
  /** What another process that hears the same feeds kept. */
  readonly adopt: (memory: TrackerMemory) => void;
  readonly watch: (watched: readonly Watched[]) => void;
  readonly flags: () => readonly Flag[];
}

/** Everything outside of the database that jobs talk to. What a process does not have is null. */
export interface ProgrammeWorld {
  /** The text of the candidate list. */
  readonly candidates: (signal: AbortSignal) => Promise<string>;
  readonly chain: ChainReader;
  readonly telemetry: TelemetryEar | null;
  readonly releases: ((signal: AbortSignal) => Promise<readonly Release[]>) | null;
  /** The pages of the list that the Kusama programme publishes, all of them. */
  readonly kusama: ((signal: AbortSignal) => Promise<readonly string[]>) | null;
  /** Where addresses of nodes stand; null where neither a table nor a program is configured. */
  readonly places: PlaceFinder | null;
  /** Null where nothing is sent: a dry run. */
  readonly transactions: TransactionRunner | null;
  /** Blocks that a nomination of this nominator waits, as the chain says; null where that is not known. */
  readonly delayOf: (nominator: ProgrammeNominator, signal: AbortSignal) => Promise<number | null>;
  readonly deliver: (signal: AbortSignal) => Promise<string>;
}

/** Who nominates, and how it signs. */
export interface ProgrammeNominator {
  readonly name: string;
  readonly stashKey: string;
  /** In whose name the call is made. */
  readonly real: string;
  readonly signer: string;
  readonly way: 'direct' | 'proxy';
}

/** What does not change while a programme runs. */
export interface ProgrammeSettings {
  readonly programme: Programme;
  readonly modules: readonly LoadedModule[];
  readonly network: Snapshot['network'];
  readonly listRules: ListRules;
  /** Whether the entries without an error are taken where others have one. */
  readonly goodRestOnly: boolean;
  readonly configVersion: string;
  readonly nominators: readonly ProgrammeNominator[];
  readonly faultRules: FaultRules;
  readonly machineRules: MachineRules;
  /** Relay blocks that an extrinsic may take into a block, twice where it is announced first. */
  readonly inclusionBlocks: number;
  /** On heads that are older no round is made and nothing is signed; null for no bound. */
  readonly oldestHeadMs: number | null;
  /** A list of the Kusama programme with fewer candidates is taken for a broken one; null for half of those of before. */
  readonly kusamaLeast: number | null;
  readonly retention: RetentionBounds;
  /** Payouts that expire within so many eras are told. */
  readonly payoutWarningEras: number;
}
