import type { Component, Components } from './weights.ts';

/** The score of one candidate with all its parts. */
export interface Score {
  readonly stashKey: string;
  readonly components: Components;
  /** Sum of the components. */
  readonly aggregate: number;
  /** The draw of this candidate, in [0, 1). */
  readonly draw: number;
  /** The value that determines the order. */
  readonly total: number;
  /** Components with unknown data; the profile decides their value. */
  readonly unknown: readonly Component[];
}

/** By total, then by draw, both descending; finally by key, so that the order is unique. */
export function byTotal(a: Score, b: Score): number {
  return (
    b.total - a.total || b.draw - a.draw || (a.stashKey < b.stashKey ? -1 : Number(a.stashKey > b.stashKey))
  );
}
