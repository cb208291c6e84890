import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { addressOfAccount } from './account.ts';
import type { ChainMetadata } from './metadata.ts';
import { storedBytes } from './storage.ts';

/** Session keys that a node has just made, all public. */
export interface FreshSessionKeys {
  /** As the runtime encodes its session keys. */
  readonly keys: Uint8Array;
  /** Signatures of the keys over the owner; empty where the node makes none. */
  readonly proof: Uint8Array;
}

const METHOD_NOT_FOUND = -32601;

/**
 * Has a node make new session keys, with a proof for their owner where it can (`author_rotateKeysWithOwner`). Each call adds keys to its
 * keystore. Needs `--rpc-methods unsafe`. Throws a NodeFault.
 */
export async function makeSessionKeys(node: NodeRpc, owner: Uint8Array): Promise<FreshSessionKeys> {
  try {
    const answer = (await node.call('author_rotateKeysWithOwner', [hexOf(owner)])) as {
      readonly keys?: unknown;
      readonly proof?: unknown;
    } | null;
    const proof = answer?.proof ?? '0x';
    return { keys: bytesOfHex(answer?.keys, 'the session keys'), proof: bytesOfHex(proof, 'the proof') };
  } catch (error) {
    if (!(error instanceof NodeFault) || error.rpcCode !== METHOD_NOT_FOUND) throw error;
    const keys = await node.call('author_rotateKeys');
    return { keys: bytesOfHex(keys, 'the session keys'), proof: new Uint8Array() };
  }
}

/** Whether the node's keystore holds all of these. Throws a NodeFault. */
export async function holdsSessionKeys(node: NodeRpc, keys: Uint8Array): Promise<boolean> {
  const answer = await node.call('author_hasSessionKeys', [hexOf(keys)]);
  if (typeof answer !== 'boolean')
    throw new NodeFault('malformed', 'the node did not say whether it has the keys');
  return answer;
}

/** The keys that a validator will have, as `Session.NextKeys` holds them at a block; null where it has none. Throws a NodeFault. */
export async function nextSessionKeys(
  node: NodeRpc,
  metadata: ChainMetadata,
  validator: Uint8Array,
  block: string,
): Promise<Uint8Array | null> {
  const address = addressOfAccount(validator, metadata.ss58Prefix);
  return storedBytes(node, metadata, ['Session', 'NextKeys'], [address], block);
}
