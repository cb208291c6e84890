import { finalizedHead, NodeFault, type NodeRpc, type ScaleReader, storageValue } from '@watchbill/chain';

/**
 * Whether the chain has disabled a validator for an offence, at the finalised head of a node; null while the
 * node synchronises, because it shows the past. Rejects with a NodeFault.
 */
export async function isDisabled(node: NodeRpc, account: Uint8Array): Promise<boolean | null> {
  const health: { readonly isSyncing?: unknown } | null = await node.call('system_health');
  if (health?.isSyncing !== false) return null;
  const { hash } = await finalizedHead(node);
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
