import type { WindowSchedule } from '../window.ts';

/** Windows of RFC 12: every 900 blocks (3 hours of Ethereum), 80 active, 20 passive. */
export const RFC12_WINDOWS: WindowSchedule = { frequencyBlocks: 900n, activeBlocks: 80n, passiveBlocks: 20n };

/** The seed comes from the block this far before the window: one epoch of Ethereum, safe but not final. */
export const SAFE_BLOCK_SHIFT = 32n;
