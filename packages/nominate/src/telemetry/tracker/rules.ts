/** A candidate with the data by which telemetry recognises its nodes. */
export interface Watched {
  /** The key of its sightings; unique. */
  readonly key: string;
  /** The node name of the candidate list, compared exactly. */
  readonly name: string;
  /** Declared peer ids. If there are any, a node of that name with another id never matches. */
  readonly networkIds?: readonly string[];
  /**
   * GRANDPA keys from the session keys on chain, `0x` and 64 hex digits. Telemetry calls such a key the
   * validator address.
   */
  readonly validatorKeys?: readonly string[];
}

/** Times and bounds of a tracker. */
export interface TrackerRules {
  /**
   * After a subscription: nodes that are not listed by then are offline from then on. Nodes return to a
   * restarted server within half a minute.
   */
  readonly settleMs: number;
  /** A loss of more than this share of the nodes within `massWindowMs` counts as trouble of the feed. */
  readonly massShare: number;
  readonly massWindowMs: number;
  /** With fewer nodes than these, the share is not significant. */
  readonly massLeastNodes: number;
  /** How long nodes may stay away after a mass loss without being charged. */
  readonly massSettleMs: number;
  /** Losses this shortly before the loss of the feed itself belong to a server that is shutting down. */
  readonly shutdownMs: number;
  /** A node matched by its name keeps the name this long after it was last seen. */
  readonly holdNameMs: number;
  /** How long absences are kept. */
  readonly keepMs: number;
  /** Bounds per candidate, source or tracker, as the name indicates. */
  readonly mostAbsencesPerCandidate: number;
  readonly mostNodesPerCandidate: number;
  /** Unmatched nodes, kept for hints; further ones are only counted. */
  readonly mostStrangersPerSource: number;
  readonly mostOutages: number;
  readonly mostFlags: number;
}

const DAY_MS = 24 * 3_600_000;

export const DEFAULT_RULES: TrackerRules = {
  settleMs: 60_000,
  massShare: 0.2,
  massWindowMs: 60_000,
  massLeastNodes: 5,
  massSettleMs: 300_000,
  shutdownMs: 10_000,
  holdNameMs: 3_600_000,
  keepMs: 30 * DAY_MS,
  mostAbsencesPerCandidate: 1_000,
  mostNodesPerCandidate: 8,
  mostStrangersPerSource: 20_000,
  mostOutages: 1_000,
  mostFlags: 1_000,
};
