import {
  auraAuthorities,
  babeEpoch,
  finalizedHead,
  grandpaAuthorities,
  hexOf,
  type NodeRpc,
  registeredSessionKeys,
  type SessionKey,
  unlessRefused,
} from '@watchbill/chain';
import {
  addressOfAccount,
  type ChainMetadata,
  hasPallet,
  readStorage,
  runtimeViews,
} from '@watchbill/chain/extrinsics';
import type { PublicKey } from '../custody/key-name.ts';
import { unfit } from '../fault.ts';
import { looked } from './look.ts';

/** Reads the session keys of a validator at the finalised block. */
export const inspectSession = looked(async (node: NodeRpc, account: Uint8Array) => {
  const { hash, number, parentHash } = await finalizedHead(node);
  const { metadata } = await runtimeViews().at(node, number === 0 ? hash : parentHash);
  if (!hasPallet(metadata, 'Session')) {
    const what = `the chain of ${node.address} has no session keys`;
    throw unfit('chain', what, 'name a node of the relay chain');
  }
  const { next, queued } = await registeredSessionKeys(node, account, hash);
  return {
    /** SS58 address of the validator account. */
    validator: addressOfAccount(account, metadata.ss58Prefix),
    /** `Session.NextKeys` of the validator; null if it has none. */
    registered: shown(next),
    /** Its author key and `gran` key of the current session; empty if it is not in the set. */
    active: await activeKeys(node, metadata, account, hash),
    /** Its keys in `Session.QueuedKeys`; null if it is not among the validators of the next session. */
    queued: shown(queued),
  };
});

/**
 * The authorities of BABE, Aura and GRANDPA are in the order of `Session.Validators`, so the place of the
 * validator shows its keys of this session. Lists of another length belong to another session.
 */
async function activeKeys(
  node: NodeRpc,
  metadata: ChainMetadata,
  account: Uint8Array,
  block: string,
): Promise<readonly PublicKey[]> {
  const validators = await readStorage(node, metadata, ['Session', 'Validators'], [], block);
  const all = validators.result === 'value' && Array.isArray(validators.value) ? validators.value : [];
  const at = all.indexOf(addressOfAccount(account, metadata.ss58Prefix));
  if (at < 0) return [];
  const lists = {
    babe: babeEpoch(node, block).then(({ authorities }) => authorities.map(({ key }) => key)),
    aura: auraAuthorities(node, block),
    gran: grandpaAuthorities(node, block).then((authorities) => authorities.map(({ key }) => key)),
  };
  const keys = Object.entries(lists).map(async ([kind, reading]) => {
    // A runtime without such authorities refuses the question.
    const list = await unlessRefused(reading);
    const publicKey = list?.length === all.length ? list[at] : undefined;
    return publicKey === undefined ? [] : [{ kind, publicKey }];
  });
  return (await Promise.all(keys)).flat();
}

function shown(keys: readonly SessionKey[] | null): readonly PublicKey[] | null {
  return keys?.map(({ type, key }) => ({ kind: type, publicKey: hexOf(key) })) ?? null;
}
