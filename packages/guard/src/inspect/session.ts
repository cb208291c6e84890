import {
  finalizedHead,
  hexOf,
  type NodeRpc,
  registeredSessionKeys,
  type SessionKey,
  sessionKeyOwner,
  splitSessionKeys,
} from '@watchbill/chain';
import { addressOfAccount, hasPallet, runtimeViews } from '@watchbill/chain/extrinsics';
import type { Look, PublicKey, SessionFacts } from '../doctor/facts.ts';
import { GuardFault } from '../fault.ts';
import { looking } from './reading.ts';

/** Whose session keys to read: an account, or a set of keys as `author_rotateKeys` returns it, or both. */
export interface Wanted {
  readonly account: Uint8Array | null;
  readonly keys: Uint8Array | null;
}

/** Reads the session keys of a validator at the finalised block. */
export async function inspectSession(node: NodeRpc, wanted: Wanted): Promise<Look<SessionFacts>> {
  return looking(async () => {
    const { hash, number, parentHash } = await finalizedHead(node);
    const { metadata } = await runtimeViews().at(node, number === 0 ? hash : parentHash);
    if (!hasPallet(metadata, 'Session'))
      throw unfit(`the chain of ${node.address} has no session keys`, 'name a node of the relay chain');
    const given = wanted.keys === null ? null : await split(node, wanted.keys, hash);
    const [first] = given ?? [];
    const account = wanted.account ?? (first === undefined ? null : await sessionKeyOwner(node, first, hash));
    if (account === null) return { validator: null, given: shown(given), registered: null, queued: null };
    const { next, queued } = await registeredSessionKeys(node, account, hash);
    return {
      validator: addressOfAccount(account, metadata.ss58Prefix),
      given: shown(given),
      registered: shown(next),
      queued: shown(queued),
    };
  });
}

async function split(node: NodeRpc, keys: Uint8Array, block: string): Promise<readonly SessionKey[]> {
  const found = await splitSessionKeys(node, keys, block);
  if (found !== null) return found;
  throw unfit(
    'the session keys cannot be taken apart by the runtime',
    'give --key the hex text that author_rotateKeys returned, for this chain',
  );
}

function shown(keys: readonly SessionKey[] | null): readonly PublicKey[] | null {
  return keys?.map(({ type, key }) => ({ kind: type, publicKey: hexOf(key) })) ?? null;
}

function unfit(what: string, remedy: string): GuardFault {
  return new GuardFault('chain', what, remedy, undefined, 'usage');
}
