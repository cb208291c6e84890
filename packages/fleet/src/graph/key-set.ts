/**
 * How a process uses session keys, as one text: `born.NETWORK.NODE`, `set.NAME`, or `gated.NAME`, which are the keys of `set.NAME` in a
 * process that asks a permission service before each signature.
 */
export type KeyUse = string;

const GATED = 'gated.';

/** The use of the named keys. */
export function useOf(name: string, isGated: boolean): KeyUse {
  return `${isGated ? GATED : 'set.'}${name}`;
}

/** The keys of a use: the same text for all uses of them. */
export function keysOf(use: KeyUse): string {
  return isGatedUse(use) ? `set.${use.slice(GATED.length)}` : use;
}

export function isGatedUse(use: KeyUse): boolean {
  return use.startsWith(GATED);
}

/** Whether two processes must never live at the same time: they have the same keys, and not both of them ask before they sign. */
export function excludes(one: KeyUse | null, other: KeyUse | null): boolean {
  if (one === null || other === null || keysOf(one) !== keysOf(other)) return false;
  return !(isGatedUse(one) && isGatedUse(other));
}
