import type { Component, Components } from './weights.ts';

/** The score of one candidate with all its parts. */
export interface Score {
  readonly stashKey: string;
  readonly components: Components;
  /** Sum of the components. */
  readonly aggregate: number;
  /** The draw of this candidate, in [0, 1). */
  readonly draw: number;
  /** What the order is made by. */
  readonly total: number;
  /** Components whose data are not known; what they got instead is the profile's business. */
  readonly unknown: readonly Component[];
}

/** By total, then by draw, both descending; at last by key, so that there is one order. */
export function byTotal(a: Score, b: Score): number {
  return (
    b.total - a.total || b.draw - a.draw || (a.stashKey < b.stashKey ? -1 : Number(a.stashKey > b.stashKey))
  );
}
