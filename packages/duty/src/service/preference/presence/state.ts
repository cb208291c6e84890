import type { Unfit } from '../../ground/fitness.ts';

/** The last report of a node for one key, at this service. */
export interface Heard {
  /** When it came, by the monotonic clock, in milliseconds. */
  readonly atMs: number;
  readonly unfit: Unfit | null;
}

/** The memory of one service about one node of one chain. */
export interface NodePresence {
  /** By key. */
  readonly heard: ReadonlyMap<string, Heard>;
  /** When a lease of this node was granted or kept alive here, by the monotonic clock, in milliseconds. */
  readonly keptMs: ReadonlyMap<string, number>;
}

export const NEW_NODE: NodePresence = { heard: new Map(), keptMs: new Map() };

/** The lease of the node's presence record for a key, as the mirror of the store shows it. */
export type LeaseOf = (key: string) => string | undefined;

/** True while the last report of the node at this service says whether it is fit. */
export function isFresh(heard: Heard | undefined, maxAgeMs: number, nowMs: number): heard is Heard {
  return heard !== undefined && nowMs - heard.atMs <= maxAgeMs;
}

/** Why a node without a fresh report and without a live record is unfit. */
export function absence(heard: Heard | undefined, maxAgeMs: number): string {
  return heard === undefined
    ? 'it has not reported for this key'
    : `its last report is older than ${maxAgeMs} ms`;
}
