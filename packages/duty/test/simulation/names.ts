/** Names and times of the simulated world: up to three services, two nodes, two keys and two observers. */
export const CHAIN = `0x${'c1'.repeat(32)}`;
export const KEY = `0x${'ab'.repeat(32)}`;
export const OTHER_KEY = `0x${'cd'.repeat(32)}`;
export const SERVICES = ['s1', 's2', 's3'] as const;
export const NODES = ['a', 'b'] as const;
/** `lookout` is the observer that goes silent or lies. */
export const OBSERVERS = ['watcher', 'lookout'] as const;
/** Claims what others were granted, with another payload. */
export const PROBER = 'prober';

export const SLOT_MS = 2_000;
export const ROUND_MS = 1_000;
export const SESSION_MS = 6_000;
/** The validator set of every round. Not 0, so that units with and without the set differ. */
export const SET = 5;
export const ROUND_STEP = 4;
/** The world begins an hour after its chain. */
export const GENESIS_MS = 1_600_000_000_000;
export const START_MS = GENESIS_MS + 3_600_000;
export const SESSION_TTL_MS = 900;
export const STORE_TIMEOUT_MS = 200;
