import type { NodeRpc } from '../rpc/port.ts';
import { storageValue } from './runtime.ts';

/**
 * Index of the session at a block; null in the first session, and if the runtime has no pallet named Session.
 */
export async function sessionIndex(node: NodeRpc, at: string): Promise<bigint | null> {
  const index = await storageValue(node, 'Session', 'CurrentIndex', at, (reader) => reader.u32());
  return index === null ? null : BigInt(index);
}

/** Id of BEEFY's validator set at a block; null if the runtime has none, or never changed its set. */
export function beefySetId(node: NodeRpc, at: string): Promise<bigint | null> {
  return storageValue(node, 'Beefy', 'ValidatorSetId', at, (reader) => reader.u64());
}
