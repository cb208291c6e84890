import { isGatedUse, type KeyUse } from '@watchbill/fleet/graph';
import { LocalFault } from './fault.ts';
import { publicKeyOf } from './keystore.ts';

/** A node that signs, with the identity of its keys. No secrets. */
export interface KeyUser {
  readonly name: string;
  readonly use: KeyUse;
  /** Names in its keystore. */
  readonly keys: readonly string[];
}

/**
 * Whether two processes have a key in common, whatever their Secrets are called, and not both of them ask the same services before they
 * sign. The keys decide: two uses with different names may be of one seed.
 */
export function bothSign(one: KeyUser, other: KeyUser): boolean {
  const keys = new Set(one.keys.map(publicKeyOf));
  if (!other.keys.some((key) => keys.has(publicKeyOf(key)))) return false;
  return !(isGatedUse(one.use) && isGatedUse(other.use) && servicesOf(one.use) === servicesOf(other.use));
}

function servicesOf(use: KeyUse): string {
  return use.slice(use.lastIndexOf('@') + 1);
}

/**
 * Throws if two nodes of one network share a key. `idle` are stopped nodes whose keystores are here: nodes
 * that get `fresh` keys get none of theirs.
 */
export function refuseSharedKeys(
  users: readonly KeyUser[],
  idle: readonly KeyUser[],
  fresh: ReadonlySet<string>,
): void {
  for (const [at, user] of users.entries()) {
    const others = [...users.slice(at + 1), ...(fresh.has(user.name) ? idle : [])];
    const other = others.find((one) => bothSign(user, one));
    if (other === undefined) continue;
    throw new LocalFault(
      'keys',
      `${user.name} and ${other.name} have the same session keys, whatever their secrets are called: both could sign`,
      'give each node separate seeds; nodes that should share keys name one `set`, and the permission services that they ask',
    );
  }
}
