import { undecodable } from '../scale/codec-fault.ts';

/**
 * The range of blocks that may include an extrinsic: from the block whose hash it is signed with, for
 * `period` blocks.
 */
export interface MortalEra {
  readonly birth: bigint;
  /** A power of two. */
  readonly period: number;
}

export const SHORTEST_PERIOD = 4;
/** A longer era is stored in steps, and would not begin at the given block. */
export const LONGEST_PERIOD = 4096;

/**
 * The longest period of at most `blocks` blocks, within the block hashes that the chain keeps; null if there
 * is none.
 */
export function periodWithin(blocks: bigint, keptHashes: bigint): number | null {
  const limit = Math.min(LONGEST_PERIOD, Number(blocks < keptHashes ? blocks : keptHashes));
  if (limit < SHORTEST_PERIOD) return null;
  return 2 ** Math.floor(Math.log2(limit));
}

export function isPeriod(period: number): boolean {
  return period >= SHORTEST_PERIOD && period <= LONGEST_PERIOD && Number.isInteger(Math.log2(period));
}

/**
 * Two bytes: the period's power of two in the lower four bits, the place in it above. After
 * `sp_runtime::generic::Era`.
 */
export function encodeEra({ birth, period }: MortalEra): Uint8Array {
  if (!isPeriod(period))
    throw new RangeError(
      `a period is a power of two from ${SHORTEST_PERIOD} to ${LONGEST_PERIOD}, not ${period}`,
    );
  const phase = Number(birth % BigInt(period));
  const bits = (Math.log2(period) - 1) | (phase << 4);
  return Uint8Array.of(bits & 0xff, bits >> 8);
}

/**
 * The period and phase in an era of two bytes; null for one that never ends. Throws a CodecFault for bytes
 * that no runtime writes.
 */
export function decodeEra(
  first: number,
  second: () => number,
): { readonly period: number; readonly phase: number } | null {
  if (first === 0) return null;
  const bits = first | (second() << 8);
  const period = 2 ** ((bits & 0xf) + 1);
  const phase = bits >> 4;
  if (!isPeriod(period) || phase >= period)
    throw undecodable('the bytes are not an era that this client makes');
  return { period, phase };
}
