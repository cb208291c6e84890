/** Shapes of hand-overs and drills: decision 0030. Times are in milliseconds. */

/** The caller of a hand-over, and its options. */
export interface HandoverHow {
  readonly by: string;
  /** Why the hand-over must not wait for the open units of the old holder. */
  readonly force?: string | undefined;
  /** Calls the hand-over off as long as the old holder has the watch. */
  readonly signal?: AbortSignal | undefined;
}

export type CheckState = 'ok' | 'fail' | 'unknown';

export type CheckName =
  | 'service'
  | 'store'
  | 'listed'
  | 'ready'
  | 'shadow'
  | 'units'
  | 'peers'
  | 'finality'
  | 'clock'
  | 'version'
  | 'keys'
  | 'due';

/** One line of the checklist of a drill. */
export interface DrillCheck {
  readonly name: CheckName;
  readonly state: CheckState;
  /** A needed check that is not `ok` refuses a hand-over. */
  readonly needed: boolean;
  readonly detail: string;
  readonly remedy: string | null;
  readonly tookMs: number;
}

/** The last shadow claims of a standby, at most 120. */
export interface ShadowSummary {
  readonly due: number;
  readonly granted: number;
  /** How many of them the standby asked itself; the service asked the others for it. */
  readonly asked: number;
  /** How many of the newest ten would not have been granted. */
  readonly recentDenied: number;
  /** 99th percentile of reading the store and applying the rule; null without a claim. */
  readonly p99Ms: number | null;
  /** The reason of the newest one that would not have been granted, for example `not-ready`. */
  readonly why: string | null;
}

export interface Drill {
  readonly chain: string;
  readonly key: string;
  readonly from: string | null;
  readonly to: string;
  /** `fail` if a needed check fails, else `unknown` if one is unknown, else `ok`. */
  readonly state: CheckState;
  readonly checks: readonly DrillCheck[];
  readonly shadow: ShadowSummary;
  readonly tookMs: number;
}

/** A drill of one standby, as the service remembers it. */
export interface LastDrill {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly by: string;
  readonly state: CheckState;
  readonly due: number;
  readonly granted: number;
}

/** A hand-over that this service led, or a take-over after the reports of the active node had stopped. */
export interface LastHandover {
  /** Unix milliseconds. */
  readonly atMs: number;
  /** Null for a take-over: no person asked for it. */
  readonly by: string | null;
  readonly from: string | null;
  readonly term: string;
  readonly tookMs: number;
  /** The reason of a forced one, else null. */
  readonly force: string | null;
}

/** A listed node of a key: its shadow claims while it is not on watch, and its last drill. */
export interface StandbyView {
  readonly chain: string;
  readonly key: string;
  readonly node: string;
  readonly onWatch: boolean;
  readonly shadow: ShadowSummary;
  /** The last drill of this node that this service led. */
  readonly lastDrill: LastDrill | null;
  /** The last hand-over to this node that this service led. */
  readonly lastHandover: LastHandover | null;
  /** The highest numbers that observers other than this node reported. */
  readonly seen: {
    readonly setId: string | null;
    readonly round: string | null;
    readonly finalizedBlock: string | null;
  };
}
