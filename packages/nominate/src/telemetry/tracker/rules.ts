/** A candidate as telemetry may know it. */
export interface Watched {
  /** What sightings are asked for with; unique. */
  readonly key: string;
  /** The node name of the candidate list, compared exactly. */
  readonly name: string;
  /** Peer ids that the operator has declared. Where there are any, a node of that name with another one is never taken for it. */
  readonly networkIds?: readonly string[];
  /** GRANDPA keys from the session keys on chain, `0x` and 64 hex digits: what telemetry calls the validator address. */
  readonly validatorKeys?: readonly string[];
}

/** Times and bounds of a tracker. */
export interface TrackerRules {
  /** After a subscription: who is not in the list by then is offline from then on. Nodes come back to a restarted server within half a minute. */
  readonly settleMs: number;
  /** More than this share of the nodes lost within `massWindowMs` is taken for trouble of the feed. */
  readonly massShare: number;
  readonly massWindowMs: number;
  /** Among fewer nodes than these, no share says anything. */
  readonly massLeastNodes: number;
  /** How long after a mass loss nodes may stay away uncharged. */
  readonly massSettleMs: number;
  /** Losses this shortly before the feed itself is lost are those of a server that goes down. */
  readonly shutdownMs: number;
  /** A node known by its name keeps the name this long after it was last seen. */
  readonly holdNameMs: number;
  /** Times of absence are kept so long. */
  readonly keepMs: number;
  /** Bounds, each per candidate, source or tracker as the name says. */
  readonly mostAbsencesPerCandidate: number;
  readonly mostNodesPerCandidate: number;
  /** Nodes of nobody, kept for hints; further ones are only counted. */
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
