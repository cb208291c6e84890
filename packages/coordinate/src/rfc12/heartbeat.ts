import { createHash } from 'node:crypto';

/** Members of a group of 100 that must have taken part in signing for a heartbeat to count. */
export const MIN_ACTIVE_MEMBERS = 70;
/** Failures in a row that lead to a claim. */
export const FAILURES_TO_CLAIM = 3;
/** A claim must be over this many blocks before the expiry of its heartbeat. */
export const CLAIM_MARGIN_BLOCKS = 25n;

/**
 * What a heartbeat signs: eight bytes ff, which no Bitcoin transaction begins with, then eight that differ
 * from block to block: of SHA-256 over the key hash and the leader's current height as 8 bytes, big endian.
 */
export function heartbeatMessage(keyHash: Uint8Array, currentBlock: bigint): Uint8Array {
  const height = Buffer.alloc(8);
  height.writeBigUInt64BE(currentBlock);
  const digest = createHash('sha256').update(keyHash).update(height).digest();
  return Uint8Array.from([...new Array<number>(8).fill(0xff), ...digest.subarray(0, 8)]);
}

/** The digest that is signed for a message: SHA-256 twice. */
export function heartbeatDigest(message: Uint8Array): Uint8Array {
  const inner = createHash('sha256').update(message).digest();
  return new Uint8Array(createHash('sha256').update(inner).digest());
}

/** How a heartbeat went: signing may fail as a whole, or succeed with some members silent. */
export type HeartbeatResult =
  | { readonly kind: 'signed'; readonly activeMembers: number; readonly inactiveSeats: readonly number[] }
  | { readonly kind: 'signing-failed' }
  /** The operator is leaving, so it did not take part. */
  | { readonly kind: 'unstaking' };

/** The consequence: the failures in a row, and which seats to claim against, if any. */
export interface HeartbeatVerdict {
  readonly failures: number;
  readonly claim: readonly number[] | null;
  /** A claim was due, but no seat was seen to be inactive. */
  readonly undetermined: boolean;
}

/**
 * The inactivity rule. A failed signing is not counted, because a group that cannot sign a heartbeat could
 * not sign a claim either. After a claim, the count continues until a heartbeat succeeds.
 */
export function afterHeartbeat(
  failures: number,
  result: HeartbeatResult,
  minActiveMembers: number = MIN_ACTIVE_MEMBERS,
): HeartbeatVerdict {
  if (result.kind !== 'signed') return { failures, claim: null, undetermined: false };
  if (result.activeMembers >= minActiveMembers) return { failures: 0, claim: null, undetermined: false };
  const next = failures + 1;
  if (next < FAILURES_TO_CLAIM) return { failures: next, claim: null, undetermined: false };
  const known = result.inactiveSeats.length > 0;
  return { failures: next, claim: known ? result.inactiveSeats : null, undetermined: !known };
}
