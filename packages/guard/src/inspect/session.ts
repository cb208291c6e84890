import { finalizedHead, hexOf, type NodeRpc, scaleReader } from '@watchbill/chain';
import {
  accountOfText,
  addressOfAccount,
  type ChainMetadata,
  hasPallet,
  nextSessionKeys,
  readStorage,
  runtimeViews,
  splitSessionKeys,
  storedBytes,
} from '@watchbill/chain/extrinsics';
import type { Look, PublicKey, SessionFacts } from '../doctor/facts.ts';
import { GuardFault } from '../fault.ts';
import { looking } from './reading.ts';

/** Whose session keys to read: an account, or a set of keys as `author_rotateKeys` returns it, or both. */
export interface Wanted {
  readonly account: Uint8Array | null;
  readonly keys: Uint8Array | null;
}

/** One finalised block, and the runtime that wrote its state. */
interface Pinned {
  readonly node: NodeRpc;
  readonly block: string;
  readonly metadata: ChainMetadata;
}

const ACCOUNT_BYTES = 32;

/** Reads the session keys of a validator at the finalised block. */
export async function inspectSession(node: NodeRpc, wanted: Wanted): Promise<Look<SessionFacts>> {
  return looking(async () => {
    const { hash, number, parentHash } = await finalizedHead(node);
    const { metadata } = await runtimeViews().at(node, number === 0 ? hash : parentHash);
    if (!hasPallet(metadata, 'Session'))
      throw unfit(`the chain of ${node.address} has no session keys`, 'name a node of the relay chain');
    const pinned = { node, block: hash, metadata };
    const given = wanted.keys === null ? null : await split(pinned, wanted.keys);
    const account = wanted.account ?? (given === null ? null : await ownerOf(pinned, given));
    if (account === null) return { validator: null, given, registered: null, queued: null };
    const next = await nextSessionKeys(node, metadata, account, hash);
    const queued = await queuedKeys(pinned, account);
    return {
      validator: addressOfAccount(account, metadata.ss58Prefix),
      given,
      registered: next === null ? null : await split(pinned, next),
      queued: queued === null ? null : await split(pinned, queued),
    };
  });
}

async function split({ node, block }: Pinned, keys: Uint8Array): Promise<readonly PublicKey[]> {
  const found = await splitSessionKeys(node, keys, block);
  if (found === null)
    throw unfit(
      'the session keys cannot be taken apart by the runtime',
      'give --key the hex text that author_rotateKeys returned, for this chain',
    );
  return found.map(({ type, key }) => ({ kind: type, publicKey: hexOf(key) }));
}

/** The account that registered a set of keys. Null if no account did. */
async function ownerOf(
  { node, block, metadata }: Pinned,
  [first]: readonly PublicKey[],
): Promise<Uint8Array | null> {
  if (first === undefined) return null;
  const key = [`0x${Buffer.from(first.kind).toString('hex')}`, first.publicKey];
  const owner = await readStorage(node, metadata, ['Session', 'KeyOwner'], [key], block);
  if (owner.result === 'no-such-item')
    throw unfit('the runtime does not show the owner of a session key', 'give --validator as well');
  return owner.result === 'value' ? accountOfText(String(owner.value)) : null;
}

/**
 * The keys of an account in `Session.QueuedKeys`: a list of accounts with their keys. All entries have one
 * length, which the list does not show.
 */
async function queuedKeys(
  { node, block, metadata }: Pinned,
  account: Uint8Array,
): Promise<Uint8Array | null> {
  const stored = await storedBytes(node, metadata, ['Session', 'QueuedKeys'], [], block);
  if (stored === null) return null;
  const { count, rest } = compactCount(stored);
  if (count === 0) return null;
  const size = rest.length / count;
  if (!Number.isInteger(size) || size <= ACCOUNT_BYTES)
    throw unfit('the queued session keys cannot be read', 'report this, with the name of the chain');
  const entries = Array.from({ length: count }, (_, at) => rest.subarray(at * size, (at + 1) * size));
  const own = entries.find((entry) => Buffer.from(entry.subarray(0, ACCOUNT_BYTES)).equals(account));
  return own === undefined ? null : own.subarray(ACCOUNT_BYTES);
}

/** SCALE: a list begins with its length, in the shortest form. */
function compactCount(bytes: Uint8Array): { readonly count: number; readonly rest: Uint8Array } {
  const count = scaleReader(bytes, 'Session.QueuedKeys').compact();
  const width = count < 2 ** 6 ? 1 : count < 2 ** 14 ? 2 : 4;
  return { count, rest: bytes.subarray(width) };
}

function unfit(what: string, remedy: string): GuardFault {
  return new GuardFault('chain', what, remedy, undefined, 'usage');
}
