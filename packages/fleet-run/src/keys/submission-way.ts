import type { KeySubmission } from './record.ts';

/** The signer of the registration, and the account it signs for. */
export interface SubmissionWay {
  /** The account that signs: the stash, or its proxy. */
  readonly account: Uint8Array;
  readonly scheme: KeySubmission['scheme'];
  /** The type of the proxy that it is of the stash; null where it is the stash. */
  readonly proxyType: string | null;
  /** The most that Asset Hub may take for delivery and the work on the relay, in planck; null for no limit. */
  readonly mostFee: bigint | null;
  /** Blocks in which it may land, at the most; fewer where the chain forgets earlier. */
  readonly periodBlocks: number;
}
