import { type KeyUse, keysOf } from '../../file/graph/index.ts';
import { type KeyHolder, maySignTwice } from '../../file/signers/index.ts';
import { publicKeyOf } from './keystore.ts';
import { LocalFault } from './local-fault.ts';

/** A node that signs, with the identity of its keys. No secrets. */
export interface KeyUser {
  readonly name: string;
  readonly use: KeyUse;
  /** Names in its keystore. */
  readonly keys: readonly string[];
}

/**
 * Whether two processes may sign with one key. Compares the keys in their keystores, not the names of their
 * Secrets.
 */
export function bothSign(one: KeyUser, other: KeyUser): boolean {
  return maySignTwice(holderOf(one), holderOf(other)).answer !== 'no';
}

function holderOf({ name, use, keys }: KeyUser): KeyHolder {
  const seen = {
    keys: keys.map(publicKeyOf),
    isComplete: true,
    secrets: [keysOf(use).replace(/^set\./, '')],
  };
  return { id: name, use, seen };
}

/** Whether two uses name the same set of keys without asking the same services. */
export function haveOneName(one: KeyUse, other: KeyUse): boolean {
  return maySignTwice({ id: '', use: one, seen: null }, { id: '', use: other, seen: null }).answer === 'yes';
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
      `${user.name} and ${other.name} have the same session keys, even if their secrets have different names: both could sign`,
      'give each node separate seeds; nodes that share keys must name one `set`, and the permission services that they ask',
    );
  }
}
