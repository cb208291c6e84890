import type { FaultBook } from './faults.ts';

/** Why a window ended without an execution, with the remedy. */
export const OUTCOME_REASONS = {
  'leader-silent':
    'no acceptable message of the leader came in the active phase; check the leader and the connections',
  'no-proposal': 'this node led, and every attempt to make a proposal failed; the detail has the errors',
  'proposal-late': 'this node led, and the active phase was over before it had a proposal',
  'no-seed':
    'the hash of the block that feeds the seed could not be read in the active phase; check the connection to the chain',
  interrupted: 'this node stopped in the window and came back after its active phase',
  passed: 'this node saw no height of the active phase: it was down, or had no connection to the chain',
  'no-certificate':
    'fewer members than a quorum agreed before the window was over; the detail has the progress and the refusals',
  'seed-differs':
    'this node read another seed or reference block than the others; compare its chain connection with theirs',
  'version-differs':
    'the members run different versions of the schedule; install the one that the detail names',
  missed:
    'the group agreed, but this node learned of it after the window was over; it takes part until the lease is over',
  'action-running':
    'the group agreed, but an action of an earlier window was still running here; in groups of the profile quorum, this node takes part once that action has ended, until the lease is over',
} as const;

export type OutcomeReason = keyof typeof OUTCOME_REASONS;

/**
 * How a window ended for this node. Each window has exactly one outcome. Windows that this node did not see
 * share one record. A late agreement (`missed`) replaces an outcome without an agreement.
 */
export interface Outcome {
  readonly from: bigint;
  /** The same index as `from`, except for windows that were skipped together. */
  readonly to: bigint;
  readonly result: 'execute' | 'noop' | 'failed' | 'skipped';
  /** Null if the result is `noop`, or `execute` in time. */
  readonly reason: OutcomeReason | null;
  readonly leader: string | null;
  /** The profile's name of the action that was agreed on. */
  readonly action: string | null;
  readonly startBlock: bigint | null;
  readonly expiryBlock: bigint | null;
  readonly faults: FaultBook;
  /** For people; bounded. */
  readonly detail: string;
}

const MAX_DETAIL = 500;

/** A text for a record: bounded, on one line. */
export function detailOf(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ');
  return line.length <= MAX_DETAIL ? line : `${line.slice(0, MAX_DETAIL - 1)}…`;
}
