import type { OperatorKey, VerifySignature } from '../keys/port.ts';
import type { Judges } from './evidence/evidence.ts';
import type { QuorumGroup, QuorumSchedule } from './group.ts';

/**
 * Rules that a simulator may break on purpose, to test its checks. The defaults are safe; a node that serves
 * a group never sets these switches.
 */
export interface Switches {
  /** Report the prepared value in rank-changes. Without it a later leader may propose another value. */
  readonly lock: boolean;
  /** Keep the lock across restarts. */
  readonly lockDurable: boolean;
  /** Added to the size of a quorum. */
  readonly quorum: number;
  /** Count votes of one rank together only. */
  readonly rankInVotes: boolean;
  /**
   * Pass first statements on to the others. Without it, a member that splits its statements may stay
   * unproven.
   */
  readonly echo: boolean;
}

export const SAFE_SWITCHES: Switches = {
  lock: true,
  lockDurable: true,
  quorum: 0,
  rankInVotes: true,
  echo: true,
};

/** The member of a group for which the rules run. */
export interface QuorumSelf {
  readonly group: QuorumGroup;
  readonly schedule: QuorumSchedule;
  readonly seat: number;
  readonly key: OperatorKey;
  readonly verify: VerifySignature;
  /** Judges that can refuse a content by itself, for evidence of that kind; see `verifyEvidence`. */
  readonly judges?: Judges;
  readonly switches?: Partial<Switches>;
  /**
   * The height from which a group with a predecessor holds its resource; left out while this member knows of
   * no hand-over. See `takeOverOf`.
   */
  readonly heldFrom?: bigint;
  /** Why this member must not sign any more, or null; a reason stays. */
  readonly silenced?: () => string | null;
}

/** The product of a generator; `noop` has no content. */
export interface QuorumProposal {
  readonly action: string;
  readonly content: Uint8Array;
}

/** The action without an effect, which is always allowed. */
export const NOOP = 'noop';

/** The action that gives the resource to another group for good; see decision 0029. */
export const HAND_OVER = 'hand-over';

/** The frame type of all messages of this profile. */
export const QUORUM_FRAME = 'watchbill/quorum/1';
