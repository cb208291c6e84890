import type { FinalFacts } from './condition.ts';
import type { NodeFacts, Since } from './facts.ts';

/** The unit that changes and goes back as one: a node, or a set of identical nodes. */
export interface RolloutUnit {
  readonly id: string;
  readonly pool: string;
  /** Such a unit is one node. */
  readonly signs: boolean;
  /** In the order in which they are changed. */
  readonly nodes: readonly string[];
}

/** A node that the rollout leaves as it is: the measure for the others. */
export interface OtherNode {
  readonly node: string;
  readonly pool: string;
  readonly signs: boolean;
}

/** The outcome of a unit's change; if it is not ok, its progress is unknown. */
export type Moved = { readonly ok: true } | { readonly ok: false; readonly detail: string };

export interface Ask {
  readonly node: string;
  /** The version that it should run; null: any. */
  readonly version: 'new' | 'before' | null;
  /** Signatures after this count; null: they are not looked at. */
  readonly since: Since | null;
}

/** One or more places whose units are changed. Every call ends by a deadline, and may be repeated. */
export interface RolloutPort {
  readonly units: readonly RolloutUnit[];
  readonly others: readonly OtherNode[];
  /**
   * Makes the first `count` nodes of the unit run the new version. Those that do already are restarted at
   * most once more.
   */
  readonly change: (unit: string, count: number, signal: AbortSignal) => Promise<Moved>;
  /** Makes all nodes of the unit run their earlier version. */
  readonly restore: (unit: string, signal: AbortSignal) => Promise<Moved>;
  /** One reading for each that is asked for, in that order. Never throws: an unreadable fact is null. */
  readonly facts: (asked: readonly Ask[], signal: AbortSignal) => Promise<readonly NodeFacts[]>;
  /** The present block of the chain; null if no node reports it. */
  readonly mark: (signal: AbortSignal) => Promise<Since | null>;
  /** The newest final block; null if no node reports it. */
  readonly final: (signal: AbortSignal) => Promise<FinalFacts | null>;
}
