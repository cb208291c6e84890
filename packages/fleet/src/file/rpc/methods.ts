/**
 * Methods that can move keys, change a node, read private data, or cost it without bound: the unsafe methods
 * of nodes, and a few for tests. They are refused in every tier. Names as of polkadot-sdk stable2606; `*`
 * matches any rest.
 */
export const UNSAFE_METHODS = [
  'author_insertKey',
  'author_rotateKeys',
  'author_rotateKeysWithOwner',
  'author_hasKey',
  'author_hasSessionKeys',
  'author_removeExtrinsic',
  'babe_epochAuthorship',
  'state_getPairs',
  'state_queryStorage',
  'state_traceBlock',
  'state_getKeys',
  'system_addReservedPeer',
  'system_removeReservedPeer',
  'system_reservedPeers',
  'system_peers',
  'system_dryRun',
  'system_dryRunAt',
  'system_addLogFilter',
  'system_resetLogFilter',
  'system_unstable_*',
  'system_networkState',
  'offchain_*',
  'sync_state_*',
  'engine_*',
  'statement_*',
  'dev_*',
  'utility_*',
  'sudo_*',
] as const;

/** Methods that may not be repeated, because a repetition could act twice: they go to one node, once. */
const ONCE = ['author_submit*', 'transaction_*', 'transactionWatch_*'] as const;

const SUBSCRIBES = /^(?!.*un(subscribe|watch|follow)).*(subscribe|AndWatch|_follow)/i;
const UNSUBSCRIBES = /un(subscribe|watch|follow)/i;

/** Whether a name matches a pattern: the name itself, or its beginning if the pattern ends in `*`. */
export function fits(method: string, pattern: string): boolean {
  return pattern.endsWith('*') ? method.startsWith(pattern.slice(0, -1)) : method === pattern;
}

/** As `fits` any of them, for patterns that are asked about often. */
export function matcher(patterns: readonly string[]): (method: string) => boolean {
  const whole = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const beginnings = patterns
    .filter((pattern) => pattern.endsWith('*'))
    .map((pattern) => pattern.slice(0, -1));
  return (method) => whole.has(method) || beginnings.some((beginning) => method.startsWith(beginning));
}

/** Whether the method is refused for every caller, in every tier. */
export const isUnsafe = matcher(UNSAFE_METHODS);

/** Whether the method could act twice if it is sent to a second node after the first one did not answer. */
export const isOnce = matcher(ONCE);

export function isSubscribing(method: string): boolean {
  return SUBSCRIBES.test(method);
}

export function isUnsubscribing(method: string): boolean {
  return UNSUBSCRIBES.test(method);
}
