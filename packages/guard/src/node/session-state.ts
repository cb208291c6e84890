import {
  finalizedHead,
  NodeFault,
  type NodeRpc,
  registeredSessionKeys,
  type ScaleReader,
  sessionKeyOwner,
  storageValue,
} from '@watchbill/chain';
import type { KeyName } from '../custody/key-name.ts';
import { compareKeys, type KeyCheck } from '../custody/registered.ts';

/** The hash of the finalised head; null while the node synchronises, because it shows the past. */
async function presentHash(node: NodeRpc): Promise<string | null> {
  const health: { readonly isSyncing?: unknown } | null = await node.call('system_health');
  return health?.isSyncing === false ? (await finalizedHead(node)).hash : null;
}

/**
 * Whether the chain has disabled a validator for an offence, at the finalised head of a node; null while the
 * node synchronises. Rejects with a NodeFault.
 */
export async function isDisabled(node: NodeRpc, account: Uint8Array): Promise<boolean | null> {
  const hash = await presentHash(node);
  if (hash === null) return null;
  const read = <Item>(item: string, one: (reader: ScaleReader) => Item) =>
    storageValue(node, 'Session', item, hash, (reader) => reader.list(() => one(reader)));
  // A place in the set, in runtimes of 2025 and later beside the severity of the offence.
  const places = await read('DisabledValidators', (reader) => reader.u32()).catch((error: unknown) => {
    if (!(error instanceof NodeFault) || error.code !== 'malformed') throw error;
    return read('DisabledValidators', (reader) => [reader.u32(), reader.u32()][0]);
  });
  if (places === null || places.length === 0) return false;
  const validators = (await read('Validators', (reader) => reader.fixed(account.length))) ?? [];
  return places.includes(validators.findIndex((each) => Buffer.compare(each, account) === 0));
}

/**
 * Compares keys with the session keys that the own node's chain keeps for the validator, at the finalised
 * head. A node that synchronises gives no answer. Rejects with a NodeFault.
 */
export async function checkKeys(
  node: NodeRpc,
  validator: { readonly name: string; readonly account: Uint8Array },
  names: readonly KeyName[],
): Promise<KeyCheck> {
  const hash = await presentHash(node);
  if (hash === null) return { state: 'unknown' };
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
  return compareKeys(names, validator.name, registered, ofOthers);
}
