import { flag, shaped } from '../reads/shape.ts';
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
  /** Signatures of the keys over the owner; empty if the node makes none. */
  readonly proof: Uint8Array;
}

const HELD = 'an answer about its keys';
const METHOD_NOT_FOUND = -32601;

/**
 * Makes a node create new session keys, with a proof for their owner if it can
 * (`author_rotateKeysWithOwner`). Each call adds keys to its keystore. Needs `--rpc-methods unsafe`. Throws a
 * NodeFault.
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
  return shaped(flag, await node.call('author_hasSessionKeys', [hexOf(keys)]), HELD);
}

/** Whether the node's keystore holds this key of a type such as `gran`. Throws a NodeFault. */
export async function holdsKey(node: NodeRpc, type: string, key: string): Promise<boolean> {
  return shaped(flag, await node.call('author_hasKey', [key, type]), HELD);
}

/**
 * The keys that a validator will have, from `Session.NextKeys` at a block; null if it has none. Throws a
 * NodeFault.
 */
export async function nextSessionKeys(
  node: NodeRpc,
  metadata: ChainMetadata,
  validator: Uint8Array,
  block: string,
): Promise<Uint8Array | null> {
  const address = addressOfAccount(validator, metadata.ss58Prefix);
  return storedBytes(node, metadata, ['Session', 'NextKeys'], [address], block);
}

/** The runtime API `SessionKeys`: blake2b of its name, 64 bits. */
const SESSION_KEYS_API = '0xab3c0572291feb8b';
/** The version that has session keys proven by their owner (polkadot-sdk#1739). */
const PROVING_VERSION = 2;

/**
 * Whether the runtime of a block requires a proof with session keys; null if it does not answer. Throws a
 * NodeFault.
 */
export async function asksForSessionProof(node: NodeRpc, block: string): Promise<boolean | null> {
  const answer = (await node.call('state_getRuntimeVersion', [block])) as { readonly apis?: unknown } | null;
  const apis: readonly unknown[] = Array.isArray(answer?.apis) ? answer.apis : [];
  const found = apis.find((api) => Array.isArray(api) && api[0] === SESSION_KEYS_API);
  const version: unknown = Array.isArray(found) ? found[1] : null;
  return typeof version === 'number' ? version >= PROVING_VERSION : null;
}
