import { NodeFault } from '../rpc/fault.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { scaleReader } from '../scale/reader.ts';

/** A precommit as a justification holds it. Its signature is not checked here. */
export interface SignedPrecommit {
  /** Public key of the authority, `0x…`. */
  readonly key: string;
  readonly target: VoteTarget;
  readonly signature: Uint8Array;
}

/** The block that a vote names. */
export interface VoteTarget {
  readonly hash: string;
  readonly number: number;
}

/**
 * The votes by which a round of GRANDPA finalised a block. It does not name its authority set, and holds the
 * precommits that its maker had seen: at least two thirds of the weight, not all.
 */
export interface Justification {
  readonly round: bigint;
  readonly target: VoteTarget;
  readonly precommits: readonly SignedPrecommit[];
}

const HASH_BYTES = 32;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/**
 * Reads an item of `grandpa_subscribeJustifications`: sc-consensus-grandpa's `GrandpaJustification` of a
 * chain with block numbers of 32 bits. The headers behind the votes are not read. Throws `malformed`.
 */
export function readJustification(item: unknown): Justification {
  const reader = scaleReader(bytesOfHex(item, 'a justification'), 'a justification');
  const target = () => ({ hash: hexOf(reader.fixed(HASH_BYTES)), number: reader.u32() });
  const read = {
    round: reader.u64(),
    target: target(),
    precommits: reader.list(() => {
      const voted = target();
      const signature = reader.fixed(SIGNATURE_BYTES);
      return { key: hexOf(reader.fixed(KEY_BYTES)), target: voted, signature };
    }),
  };
  // Numbers of 64 bits are read so. An observer that sees no votes must not count as one that watches them.
  if (read.precommits.length > 0) return read;
  throw new NodeFault('malformed', 'a justification without votes is of a kind that is not read');
}
