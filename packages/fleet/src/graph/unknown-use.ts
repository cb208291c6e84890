import { excludes, type KeyUse } from './key-set.ts';

const UNKNOWN = 'unknown.';
const BORN = 'born.';

/** The use of keys that came from elsewhere by a process of which nobody can tell which keys those are. */
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
 * `excludes` with a process that lives. Keys that nobody knows may be any that came from elsewhere; those that were born in a node are in
 * no other.
 */
export function mayExclude(living: KeyUse, other: KeyUse | null): boolean {
  if (isUnknownUse(living)) return other !== null && !other.startsWith(BORN);
  return excludes(living, other);
}
