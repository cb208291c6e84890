import { Twox64Concat } from '@polkadot-api/substrate-bindings';
import type { SessionKey } from '../keys/session-proof.ts';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { compactBytes, withLength } from '../scale/number-bytes.ts';
import { type ScaleReader, scaleReader } from '../scale/reader.ts';
import { storageKey } from '../scale/storage-key.ts';

/** `KeyTypeId`. */
const KEY_TYPE_BYTES = 4;

/**
 * The single keys in a set of session keys, decoded by the runtime of a block; null if it is not such a set.
 * Throws a NodeFault.
 */
export async function splitSessionKeys(
  node: NodeRpc,
  keys: Uint8Array,
  block: string,
): Promise<readonly SessionKey[] | null> {
  const argument = hexOf(withLength(keys));
  const answer = await node.call('state_call', ['SessionKeys_decode_session_keys', argument, block]);
  const reader = scaleReader(bytesOfHex(answer, 'the single session keys'), 'the single session keys');
  if (reader.u8() === 0) return null;
  const split = reader.list(() => ({
    key: reader.bytes(),
    type: Buffer.from(reader.fixed(KEY_TYPE_BYTES)).toString('latin1'),
  }));
  reader.end();
  return split;
}

/** The session keys that the chain keeps for a validator; null if it keeps none. */
export interface RegisteredKeys {
  /** From `Session.NextKeys`: the keys of the last `setKeys`. */
  readonly next: readonly SessionKey[] | null;
  /** From `Session.QueuedKeys`: the keys of the next session, if the validator is in its set. */
  readonly queued: readonly SessionKey[] | null;
}

/**
 * Reads the registered session keys of a validator at a block, without metadata: `pallet_session` fixes the
 * hasher of `NextKeys`, and the runtime decodes the keys. Throws a NodeFault.
 */
export async function registeredSessionKeys(
  node: NodeRpc,
  validator: Uint8Array,
  block: string,
): Promise<RegisteredKeys> {
  const stored = (key: string) => node.call('state_getStorage', [key, block]);
  const [next, queued] = await Promise.all([stored(mapKey('NextKeys', validator)), stored(QUEUED_KEYS)]);
  const ofNext = next === null ? null : bytesOfHex(next, 'Session.NextKeys');
  const ofQueued =
    queued === null ? null : queuedOf(bytesOfHex(queued, 'Session.QueuedKeys'), validator, ofNext?.length);
  return { next: await splitOrThrow(node, ofNext, block), queued: await splitOrThrow(node, ofQueued, block) };
}

const QUEUED_KEYS = storageKey('Session', 'QueuedKeys');

/**
 * The validator that owns a session key, from `Session.KeyOwner` at a block; null if it has no owner: a key
 * that was never registered, or one that a later `setKeys` replaced. Throws a NodeFault.
 */
export async function sessionKeyOwner(
  node: NodeRpc,
  { type, key }: SessionKey,
  block: string,
): Promise<Uint8Array | null> {
  const encoded = Uint8Array.of(...Buffer.from(type, 'latin1'), ...withLength(key));
  const owner = await node.call('state_getStorage', [mapKey('KeyOwner', encoded), block]);
  return owner === null ? null : bytesOfHex(owner, 'Session.KeyOwner');
}

/** The key of an entry of a map that the pallet hashes by `Twox64Concat`. */
function mapKey(item: string, encoded: Uint8Array): string {
  return `${storageKey('Session', item)}${hexOf(Twox64Concat(encoded)).slice(2)}`;
}

/** The keys beside the account in a list of (account, keys); all entries are of one length. */
function queuedOf(bytes: Uint8Array, validator: Uint8Array, keyBytes?: number): Uint8Array | null {
  const reader = scaleReader(bytes, 'Session.QueuedKeys');
  const count = Number(reader.compact());
  if (count === 0) return null;
  const length = (bytes.length - compactBytes(BigInt(count)).length) / count - validator.length;
  if (!Number.isInteger(length) || length < 1 || (keyBytes !== undefined && length !== keyBytes))
    throw new NodeFault(
      'malformed',
      'Session.QueuedKeys cannot be read: its entries have an unexpected length',
    );
  return (
    Array.from({ length: count }, () => entryOf(reader, validator, length)).find((keys) => keys !== null) ??
    null
  );
}

function entryOf(reader: ScaleReader, validator: Uint8Array, length: number): Uint8Array | null {
  const account = reader.fixed(validator.length);
  const keys = reader.fixed(length);
  return Buffer.compare(account, validator) === 0 ? keys : null;
}

async function splitOrThrow(
  node: NodeRpc,
  keys: Uint8Array | null,
  block: string,
): Promise<readonly SessionKey[] | null> {
  if (keys === null) return null;
  const split = await splitSessionKeys(node, keys, block);
  if (split === null)
    throw new NodeFault('malformed', 'the runtime cannot decode session keys that it keeps');
  return split;
}
