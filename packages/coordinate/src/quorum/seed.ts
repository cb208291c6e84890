import { u32Bytes, u64Bytes } from './byte-writer.ts';
import { DIGEST_BYTES, taggedDigest } from './digest.ts';

/**
 * The position of a window in its span; a span has as many windows as members. Windows count from 1, the
 * others from 0.
 */
export function spanOf(
  members: number,
  index: bigint,
): {
  readonly span: bigint;
  readonly position: number;
  /** The index of the span's first window. */
  readonly first: bigint;
} {
  const length = BigInt(members);
  const span = (index - 1n) / length;
  const first = span * length + 1n;
  return { span, position: Number(index - first), first };
}

/** The inputs of a seed. Hashes have 32 bytes. */
export interface SeedParts {
  readonly genesis: Uint8Array;
  readonly groupId: Uint8Array;
  readonly version: number;
  readonly span: bigint;
  /** The chain's input at the span's first window. */
  readonly input: Uint8Array;
}

/** The seed of a span: 32 bytes. Throws a RangeError for an input of another length. */
export function spanSeed({ genesis, groupId, version, span, input }: SeedParts): Uint8Array {
  if (input.length !== DIGEST_BYTES) throw new RangeError(`an input must have 32 bytes; got ${input.length}`);
  const tag = 'watchbill/quorum/seed/1';
  return taggedDigest(tag, genesis, groupId, u32Bytes(version), u64Bytes(span), input);
}
