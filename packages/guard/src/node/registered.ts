import { finalizedHead, type NodeRpc, registeredSessionKeys, sessionKeyOwner } from '@watchbill/chain';
import type { KeyName } from '../custody/key-name.ts';
import { compareKeys, type KeyCheck } from '../custody/registered.ts';

/**
 * Compares keys with the session keys that the own node's chain keeps for the validator, at the finalised
 * head. A node that is behind gives no answer: it shows keys of the past. Rejects with a NodeFault.
 */
export async function checkKeys(
  node: NodeRpc,
  validator: { readonly name: string; readonly account: Uint8Array },
  names: readonly KeyName[],
): Promise<KeyCheck> {
  const health: { readonly isSyncing?: unknown } | null = await node.call('system_health');
  if (health?.isSyncing !== false) return { state: 'unknown' };
  const { hash } = await finalizedHead(node);
  const { next, queued } = await registeredSessionKeys(node, validator.account, hash);
  const owners = await Promise.all(
    names.map(({ kind, publicKey }) =>
      sessionKeyOwner(node, { type: kind, key: Buffer.from(publicKey.slice(2), 'hex') }, hash),
    ),
  );
  const ofOthers = names.filter((_, index) => {
    const owner = owners[index] ?? null;
    return owner !== null && Buffer.compare(owner, validator.account) !== 0;
  });
  const registered = [...(next ?? []), ...(queued ?? [])];
  return compareKeys(names, {
    validator: validator.name,
    registered,
    ofOthers: ofOthers.map(({ file }) => file),
  });
}
