import {
  auraAuthorities,
  babeAuthorities,
  decodeDigest,
  finalizedHead,
  grandpaAuthorities,
  hexOf,
  type NodeRpc,
  type RawHeader,
  sessionIndex,
} from '@watchbill/chain';
import {
  blockHashAt,
  holdsSessionKeys,
  nextSessionKeys,
  type RuntimeViews,
} from '@watchbill/chain/extrinsics';
import type { Rotation } from './record.ts';
import type { RotationFacts } from './rotation.ts';

const KEY_HEX = 64;
/**
 * Blocks that one look checks for an author. A late look misses some blocks, and finds authors in others.
 */
const MOST_BLOCKS = 64;

export interface RotationLook {
  readonly facts: Omit<RotationFacts, 'submission'>;
  readonly height: number;
}

/** Keys cannot author before they are registered, and a node needs long to list authors. */
const IN_USE: readonly Rotation['stage'][] = ['queued', 'active', 'verified', 'retired'];

/**
 * Looks once, at the newest finalised block. Each unreadable fact is null by itself; throws if there is no
 * head.
 */
export async function lookAtRotation(
  node: NodeRpc,
  views: RuntimeViews,
  { stash, keys, stage }: Pick<Rotation, 'stash' | 'keys' | 'stage'>,
  fromHeight: number,
): Promise<RotationLook> {
  const head = await finalizedHead(node);
  const { hash, number: height } = head;
  const [session, nextKeys, holds, authorities] = await Promise.all([
    // The first session of a chain stores no keys.
    unlessUnknown(async () => (await sessionIndex(node, hash)) ?? 0n),
    nextKeysOf(node, views, stash, hash),
    unlessUnknown(() => holdsSessionKeys(node, bytesOf(keys))),
    IN_USE.includes(stage) ? authoritiesAt(node, hash) : null,
  ]);
  const first = Math.max(fromHeight, height - MOST_BLOCKS + 1, 1);
  const authored = authorities === null ? null : await authoredBlock(node, keys, first, height);
  return {
    height,
    facts: {
      height,
      session: session === null ? null : Number(session),
      nextKeys,
      holds,
      isAuthority: authorities === null ? null : authorities.some((key) => isAmong(keys, key)),
      authored,
    },
  };
}

async function nextKeysOf(
  node: NodeRpc,
  views: RuntimeViews,
  stash: string,
  block: string,
): Promise<string | null | undefined> {
  try {
    const { metadata } = await views.at(node, block);
    const found = await nextSessionKeys(node, metadata, bytesOf(stash), block);
    return found === null ? null : hexOf(found);
  } catch {
    return undefined;
  }
}

/** Of BABE or Aura, and of GRANDPA if the chain has it. */
async function authoritiesAt(node: NodeRpc, block: string): Promise<readonly string[] | null> {
  const all = await Promise.all([
    unlessUnknown(async () => (await babeAuthorities(node, block)).map(({ key }) => key)),
    unlessUnknown(() => auraAuthorities(node, block)),
    unlessUnknown(async () => (await grandpaAuthorities(node, block)).map(({ key }) => key)),
  ]);
  const known = all.filter((one) => one !== null);
  return known.length === 0 ? null : known.flat();
}

/**
 * The newest finalised block of the range whose author is one of the keys; null for none, or if it is
 * unknown.
 */
export async function authoredBlock(
  node: NodeRpc,
  keys: string,
  from: number,
  to: number,
): Promise<string | null> {
  for (let height = to; height >= from; height -= 1) {
    const hash = await unlessUnknown(() => blockHashAt(node, BigInt(height)));
    if (hash === null) return null;
    const key = await unlessUnknown(() => authorOf(node, hash));
    if (key !== null && isAmong(keys, key)) return hash;
  }
  return null;
}

async function authorOf(node: NodeRpc, hash: string): Promise<string | null> {
  const header = await node.call<RawHeader>('chain_getHeader', [hash]);
  const { slot } = decodeDigest(header.digest.logs);
  if (slot === null) return null;
  // The author is an index into the authorities of the state on which the block was built.
  const { parentHash } = header;
  const authorities =
    slot.consensus === 'aura'
      ? await auraAuthorities(node, parentHash)
      : (await babeAuthorities(node, parentHash)).map(({ key }) => key);
  const index =
    slot.consensus === 'aura' ? Number(slot.slot % BigInt(authorities.length)) : slot.authorityIndex;
  return authorities[index] ?? null;
}

/**
 * Whether a key of 32 bytes is in the keys of a session, at a boundary of 32 or 33 bytes from either side.
 */
export function isAmong(keys: string, key: string): boolean {
  const wanted = key.slice(2);
  return wanted.length === KEY_HEX && keys.slice(2).includes(wanted);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.slice(2), 'hex'));
}

async function unlessUnknown<Value>(read: () => Promise<Value>): Promise<Value | null> {
  try {
    return await read();
  } catch {
    return null;
  }
}
