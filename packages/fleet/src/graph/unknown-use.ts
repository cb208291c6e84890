import { excludes, type KeyUse } from './key-set.ts';

const UNKNOWN = 'unknown.';
const BORN = 'born.';

/** The use of keys from elsewhere by a process whose keys are unknown. */
export function unknownUse(process: string): KeyUse {
  return `${UNKNOWN}${process}`;
}

export function isUnknownUse(use: KeyUse): boolean {
  return use.startsWith(UNKNOWN);
}

/** The use of keys that were made in the node itself. */
export function bornUse(network: string, node: string): KeyUse {
  return `${BORN}${network}.${node}`;
}

/**
 * `excludes` with a live process. Unknown keys may be any keys from elsewhere; keys generated in a node exist
 * in no other node.
 */
export function mayExclude(living: KeyUse, other: KeyUse | null): boolean {
  if (isUnknownUse(living)) return other !== null && !other.startsWith(BORN);
  return excludes(living, other);
}
