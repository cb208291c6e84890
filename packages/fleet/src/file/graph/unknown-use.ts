import type { KeyUse } from './key-set.ts';

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

/** Whether some of these sign with keys that may exist elsewhere too. */
export function haveNamedKeys(
  all: readonly { readonly subject: { readonly keySet: KeyUse | null } }[],
): boolean {
  return all.some(({ subject: { keySet } }) => keySet !== null && !isBornUse(keySet));
}

/** Whether the keys were made in the node itself: they exist in no other node. */
export function isBornUse(use: KeyUse): boolean {
  return use.startsWith(BORN);
}
