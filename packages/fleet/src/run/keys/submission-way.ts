import type { KeySubmission } from './record.ts';

/** The signer of the registration, and the account it signs for. */
export interface SubmissionWay {
  /** The account that signs: the stash, or its proxy. */
  readonly account: Uint8Array;
  readonly scheme: KeySubmission['scheme'];
  /** The type of the proxy for the stash; null if the account is the stash. */
  readonly proxyType: string | null;
  /**
   * The most that Asset Hub may take for delivery and the work on the relay, in planck; null for no limit.
   */
  readonly mostFee: bigint | null;
  /** Number of blocks in which it may be included, at most; fewer if the chain forgets earlier. */
  readonly periodBlocks: number;
}
