import type { WindowSchedule } from '../window.ts';

/** Windows of RFC 12: every 900 blocks (3 hours of Ethereum), 80 active, 20 passive. */
export const RFC12_WINDOWS: WindowSchedule = { frequencyBlocks: 900n, activeBlocks: 80n, passiveBlocks: 20n };

/** The seed comes from the block this far before the window: one epoch of Ethereum, safe but not final. */
export const SAFE_BLOCK_SHIFT = 32n;

/**
 * The counts of blocks of a group. Scales other than 1 are for a practice chain, without nodes of keep-core.
 */
export interface Rfc12Times {
  readonly scale: number;
  readonly windows: WindowSchedule;
  readonly safeBlockShift: bigint;
}

/** The divisors of the parts of a window. */
export const PRACTICE_SCALES: readonly number[] = [1, 2, 4, 5, 10, 20];

/**
 * The times of RFC 12 with each count of blocks divided by `scale`. Throws a RangeError for another scale.
 */
export function rfc12Times(scale = 1): Rfc12Times {
  if (!PRACTICE_SCALES.includes(scale))
    throw new RangeError(`a scale must be one of ${PRACTICE_SCALES.join(', ')}; got ${scale}`);
  const { frequencyBlocks, activeBlocks, passiveBlocks } = RFC12_WINDOWS;
  return {
    scale,
    windows: {
      frequencyBlocks: scaledBlocks(frequencyBlocks, scale),
      activeBlocks: scaledBlocks(activeBlocks, scale),
      passiveBlocks: scaledBlocks(passiveBlocks, scale),
    },
    safeBlockShift: scaledBlocks(SAFE_BLOCK_SHIFT, scale),
  };
}

/** A count of blocks divided by the scale, rounded up so that it is never 0. */
export function scaledBlocks(blocks: bigint, scale: number): bigint {
  const divisor = BigInt(scale);
  return (blocks + divisor - 1n) / divisor;
}
