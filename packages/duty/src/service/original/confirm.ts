import type { RoundState } from '../ports.ts';

/** The last reading of a node's round state for one key. */
export interface Seen {
  readonly setId: bigint;
  readonly round: bigint;
  /** True if the node's voter is known to be of this set. */
  readonly confirmed: boolean;
}

/** How the set of a reading is confirmed; each but `known` is followed by an act on the records of sets. */
export type Confirmation =
  /** The node's voter was confirmed to be of this set before. */
  | 'known'
  /** Set 0 follows no other, so its rounds cannot be mistaken for another set's. */
  | 'first-set'
  /** The round restarted: to be recorded. */
  | 'restarted'
  /** Only a record of an earlier restart or adoption can confirm it. */
  | 'ask-records';

/**
 * A voter that begins a set is in round 1, or in 2 when it is read late. A round that fell, but not so low,
 * is an old database.
 */
const RESTARTED_BY = 2n;

/**
 * Whether a reading shows that the voter of the node is of the set that the node names: protocol section 3.
 * The set id moves before the voter does, so two equal readings prove nothing.
 */
export function confirmation(before: Seen | undefined, { setId, bestRound }: RoundState): Confirmation {
  if (before?.setId === setId && before.confirmed) return 'known';
  if (setId === 0n) return 'first-set';
  // After a change of the set, the set before it must have been confirmed. Otherwise this may be an older
  // restart.
  const follows = before?.setId === setId || (before?.confirmed === true && before.setId + 1n === setId);
  const restarted = before !== undefined && bestRound < before.round && bestRound <= RESTARTED_BY;
  return follows && restarted ? 'restarted' : 'ask-records';
}

/** The round of a question is the voter's best one, or a neighbour while the voter moves on. */
export function isNear(bestRound: bigint, number: bigint): boolean {
  return number >= bestRound - 1n && number <= bestRound + 1n;
}
