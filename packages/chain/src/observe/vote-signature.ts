import { verifySignature } from '../keys/verify.ts';
import { bytesOfHex } from '../scale/hex.ts';
import { numberBytes } from '../scale/number-bytes.ts';
import type { VoteTarget } from './justification.ts';

/** The votes that a chain shows: in justifications, and in reports of equivocations. */
export type VotePart = 'prevote' | 'precommit';

/** One vote with its place: round and set are part of the signed bytes. */
export interface PlacedVote {
  readonly key: string;
  readonly part: VotePart;
  readonly set: bigint;
  readonly round: bigint;
  readonly target: VoteTarget;
  readonly signature: Uint8Array;
}

/** Variants of finality-grandpa's `Message`. */
const VARIANT = { prevote: 0, precommit: 1 } as const;
const HASH_BYTES = 32;

/** Whether the key signed this vote in this round of this set. Throws `malformed` for a text without hex. */
export function isSignedVote(vote: PlacedVote): boolean {
  const publicKey = bytesOfHex(vote.key, 'an authority');
  return verifySignature({ scheme: 'ed25519', publicKey }, messageOf(vote), vote.signature);
}

/** sp-consensus-grandpa's `localized_payload`: SCALE of (message, round, set). */
function messageOf({ part, set, round, target }: PlacedVote): Uint8Array {
  const hash = bytesOfHex(target.hash, 'a target').subarray(0, HASH_BYTES);
  const number = numberBytes(BigInt(target.number), 4);
  return Uint8Array.of(VARIANT[part], ...hash, ...number, ...numberBytes(round, 8), ...numberBytes(set, 8));
}

/** The digest of a vote as services grant it: the target's hash, then its number as 8 bytes big-endian. */
export function voteDigest({ hash, number }: VoteTarget): string {
  return `${hash}${number.toString(16).padStart(16, '0')}`;
}
