import type { KeyUse } from '../graph/key-set.ts';
import type { LiveResource } from '../live/port.ts';
import { type KeyStore, keyStores, keysSeenOf } from './keys-seen.ts';
import { type KeyHolder, maySignTwice, type Verdict } from './law.ts';
import { keyUsers } from './users.ts';

/** Claims of a person about keys that were not found. The saved plan keeps them. */
export interface KeyClaims {
  /**
   * Holders with unknown public keys have no key of another holder. `unread`: assumed by a plan that may not
   * read the Secrets; `apply` reads them.
   */
  readonly differentKeys: boolean | 'unread';
}

export const NO_CLAIMS: KeyClaims = { differentKeys: false };

/** A live process that may sign, and the resource that started it. */
export interface LiveHolder extends KeyHolder {
  readonly workload: string;
  /** As in `LiveResource`: set if no place of the network has it. */
  readonly owner: string | null;
  /** Null if it belongs to no network of ours. */
  readonly network: string | null;
}

/** Every live process that may sign, with the public keys that looks found. */
export function liveHolders(
  live: ReadonlyMap<string, LiveResource>,
  stores: readonly KeyStore[] = keyStores(live),
): readonly LiveHolder[] {
  return keyUsers(live).map(({ id, workload, use }) => ({
    id,
    workload,
    network: live.get(id)?.network ?? null,
    owner: live.get(id)?.owner ?? null,
    use,
    seen: keysSeenOf(stores, workload, use),
  }));
}

/** A resource as it will sign. */
export function futureHolder(id: string, use: KeyUse, stores: readonly KeyStore[]): KeyHolder {
  return { id, use, seen: keysSeenOf(stores, id, use) };
}

/**
 * The rule of one signer, with the claims of a person. A claim that keys differ counts for unknown keys only.
 */
export function judge(one: KeyHolder, other: KeyHolder, claims: KeyClaims): Verdict {
  const verdict = maySignTwice(one, other);
  return verdict.answer === 'unknown' && claims.differentKeys !== false ? { answer: 'no' } : verdict;
}
