import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex } from '../scale/hex.ts';
import { type ScaleReader, scaleReader } from '../scale/reader.ts';
import { storageKey } from '../scale/storage-key.ts';

/** Calls a runtime API without arguments, at a block, and reads its whole answer. */
export async function runtimeCall<Value>(
  node: NodeRpc,
  api: string,
  at: string,
  read: (reader: ScaleReader) => Value,
): Promise<Value> {
  return decode(await node.call('state_call', [api, '0x', at]), api, read);
}

/** Reads a storage value without parameters, at a block; null if the runtime has none. */
export async function storageValue<Value>(
  node: NodeRpc,
  pallet: string,
  item: string,
  at: string,
  read: (reader: ScaleReader) => Value,
): Promise<Value | null> {
  const value = await node.call('state_getStorage', [storageKey(pallet, item), at]);
  return value === null ? null : decode(value, `${pallet}.${item}`, read);
}

function decode<Value>(hex: unknown, what: string, read: (reader: ScaleReader) => Value): Value {
  const reader = scaleReader(bytesOfHex(hex, what), what);
  const value = read(reader);
  reader.end();
  return value;
}
