import { finalizedHead, NodeFault, type NodeRpc } from '@watchbill/chain';
import { holdsKey } from '@watchbill/chain/extrinsics';
import { messageOf } from '@watchbill/kit';
import type { TypedKey } from '../../file/signers/index.ts';
import { authoritiesAt, keysOfSet, sessionKeySets } from './chain-keys.ts';

/** Whether the chain no longer needs a signer. Unknown never counts as yes. */
export type RotatedOut =
  | { readonly state: 'out' }
  /** The chain uses keys of the node, or will. */
  | { readonly state: 'in-use'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string };

const MOST_ASKED = 16;

/**
 * Asks the signer itself, over its loopback, whether its keystore is free of these keys: of the current
 * authorities, queued for the next session, and registered for later. Read-only, and never throws.
 */
export async function rotatedOut(signer: NodeRpc): Promise<RotatedOut> {
  try {
    return await look(signer);
  } catch (error) {
    return { state: 'unknown', why: messageOf(error) };
  }
}

async function look(signer: NodeRpc): Promise<RotatedOut> {
  const [roles, health] = await Promise.all([
    signer.call<unknown>('system_nodeRoles'),
    signer.call<{ readonly isSyncing?: unknown }>('system_health'),
  ]);
  // A node that never signs has no keys either; it would be no proof about the right node.
  if (!Array.isArray(roles) || !roles.includes('Authority'))
    return { state: 'unknown', why: 'the node that answers is not a signer' };
  if (health.isSyncing !== false)
    return { state: 'unknown', why: 'it is syncing, so its view of the chain is old' };
  const { hash } = await finalizedHead(signer);
  const [authorities, sets] = await Promise.all([authoritiesAt(signer, hash), sessionKeySets(signer, hash)]);
  const current = await firstHeld(signer, authorities);
  if (current !== null)
    return {
      state: 'in-use',
      why: `its ${current.type} key ${current.key.slice(0, 18)}… is in the current set`,
    };
  const later = await firstHeld(signer, await typedKeys(signer, sets, hash));
  if (later === null) return { state: 'out' };
  return {
    state: 'in-use',
    why: `its ${later.type} key ${later.key.slice(0, 18)}… is queued or registered on the chain`,
  };
}

/** The single keys of all sets: the runtime decodes one set, and the others have the same layout. */
async function typedKeys(signer: NodeRpc, sets: readonly string[], at: string): Promise<readonly TypedKey[]> {
  const [first] = sets;
  if (first === undefined) return [];
  const layout = await keysOfSet(signer, first, at);
  const digits = layout.map(({ key }) => key.length - 2);
  const all = digits.reduce((sum, one) => sum + one, 0);
  return sets.flatMap((set) => {
    if (set.length - 2 !== all)
      throw new NodeFault('malformed', 'the chain has session keys of several kinds');
    let from = 2;
    return layout.map(({ type }, index) => {
      const end = from + (digits[index] ?? 0);
      const key = `0x${set.slice(from, end)}`;
      from = end;
      return { type, key };
    });
  });
}

async function firstHeld(signer: NodeRpc, keys: readonly TypedKey[]): Promise<TypedKey | null> {
  for (let at = 0; at < keys.length; at += MOST_ASKED) {
    const some = keys.slice(at, at + MOST_ASKED);
    const has = await Promise.all(some.map(({ type, key }) => holdsKey(signer, type, key)));
    const found = some[has.indexOf(true)];
    if (found !== undefined) return found;
  }
  return null;
}
