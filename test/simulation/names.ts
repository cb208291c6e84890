/** Names of the simulated world: two services, two nodes of one identity, and an observer. */
export const CHAIN = `0x${'c1'.repeat(32)}`;
export const KEY = `0x${'ab'.repeat(32)}`;
export const SERVICES = ['s1', 's2'] as const;
export const NODES = ['a', 'b'] as const;
export const OBSERVER = 'watcher';
export const SLOT_MS = 6_000;
export const ROUND_MS = 1_100;
export const SESSION_MS = 9_000;
/** The world begins an hour after its chain. */
export const GENESIS_MS = 1_600_000_000_000;
export const START_MS = GENESIS_MS + 3_600_000;
export const SESSION_TTL_MS = 900;
export const STORE_TIMEOUT_MS = 200;
