import { hexOf } from '@watchbill/chain';
import type { SessionKey } from '@watchbill/chain/keys';
import { KEY_KINDS, type KeyName } from './key-name.ts';

/** Result of comparing the keys of this machine with the registered session keys of the validator. */
export type KeyCheck =
  /** No validator was named. */
  | { readonly state: 'not-asked' }
  /** The chain was not read yet, or the own node is still synchronising. */
  | { readonly state: 'unknown' }
  | { readonly state: 'match' }
  /** `say` has the kind, the keys of the chain and the remedy. */
  | { readonly state: 'mismatch'; readonly say: string };

/**
 * Compares the derived public keys with the chain. Of each kind, at least one key has to be registered: while
 * keys rotate, the old and the new one are here together. A key of another validator is always wrong.
 * `validator`: as the person named it; `registered`: the keys of the last `setKeys`, and those of the next
 * session; `ofOthers`: keys on this machine that are session keys of another validator.
 */
export function compareKeys(
  names: readonly KeyName[],
  validator: string,
  registered: readonly SessionKey[],
  ofOthers: readonly KeyName[],
): KeyCheck {
  const mismatch = (say: string): KeyCheck => ({ state: 'mismatch', say });
  if (registered.length === 0)
    return mismatch(
      `the chain has no session keys of ${validator}: check the address, or send setKeys first`,
    );
  const [strange] = ofOthers;
  if (strange !== undefined)
    return mismatch(
      `${strange.kind}: ${strange.publicKey} is a key of another validator than ${validator}: remove it from the sealed keys`,
    );
  const kinds = new Set([...names.map(({ kind }) => kind), ...registered.map(({ type }) => type)]);
  for (const kind of kinds) {
    if (!KEY_KINDS.includes(kind)) continue;
    const here = names.filter((name) => name.kind === kind).map(({ publicKey }) => publicKey);
    const there = [...new Set(registered.filter(({ type }) => type === kind).map(({ key }) => hexOf(key)))];
    if (!here.some((key) => there.includes(key))) return mismatch(sentence(kind, here, there));
  }
  return { state: 'match' };
}

function sentence(kind: string, here: readonly string[], there: readonly string[]): string {
  const [machine, chain] = [here, there].map((keys) => keys.join(' and ') || 'none');
  const remedy =
    there.length === 0
      ? 'remove the sealed key: this chain does not use it'
      : 'seal the keys of the chain, or send setKeys with the keys of this machine';
  return `${kind}: the chain has ${chain}, this machine has ${machine}: ${remedy}`;
}
