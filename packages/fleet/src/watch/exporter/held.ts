import { bytesOfHex, type NodeRpc } from '@watchbill/chain';
import { holdsSessionKeys } from '@watchbill/chain/extrinsics';
import { ask, type Known, known } from './known.ts';
import type { StashFacts } from './session.ts';

/**
 * Keys of an account that a keystore is asked for: those of this session, of the next one, and those that are
 * registered.
 */
export const KEY_SETS = ['current', 'queued', 'registered'] as const;
export type KeySet = (typeof KEY_SETS)[number];

/** By set, whether the node has all keys of it; a set that the account has no keys in is left out. */
export type HeldKeys = Readonly<Partial<Record<KeySet, Known<boolean>>>>;

/** Asks the keystore of a node. The node answers with `--rpc-methods unsafe` only, so on its own loopback. */
export async function heldKeys(node: NodeRpc, facts: StashFacts): Promise<HeldKeys> {
  const [current, queued, registered] = await Promise.all([
    heldCurrent(node, facts.current),
    heldWhole(node, facts.queued),
    heldWhole(node, facts.next),
  ]);
  return {
    ...(current === null ? {} : { current }),
    ...(queued === null ? {} : { queued }),
    ...(registered === null ? {} : { registered }),
  };
}

async function heldCurrent(node: NodeRpc, keys: StashFacts['current']): Promise<Known<boolean> | null> {
  if (!keys.known) return keys;
  if (keys.value === null) return null;
  const answers = await Promise.all(
    keys.value.map(({ type, key }) => ask(() => node.call('author_hasKey', [key, type]))),
  );
  // One missing key is enough for `false`, even if other keys are unknown.
  if (answers.some((one) => one.known && one.value === false)) return known(false);
  const doubt = answers.find((one) => !one.known || one.value !== true);
  if (doubt === undefined) return known(true);
  return doubt.known ? { known: false, why: 'the node did not report whether it has a key' } : doubt;
}

async function heldWhole(node: NodeRpc, keys: Known<string | null>): Promise<Known<boolean> | null> {
  if (!keys.known) return keys;
  const { value } = keys;
  if (value === null) return null;
  return ask(() => holdsSessionKeys(node, bytesOfHex(value, 'session keys')));
}
