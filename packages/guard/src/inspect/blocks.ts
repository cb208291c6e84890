import {
  auraAuthorities,
  babeAuthorities,
  babeEpoch,
  finalizedHead,
  type Head,
  headerAt,
  type NodeRpc,
} from '@watchbill/chain';
import { listOf, text } from '@watchbill/chain/shape';
import type { PublicKey } from '../custody/key-name.ts';
import { unfit } from '../fault.ts';
import { slotMsOf } from '../node/reading.ts';
import { looked, mapped } from './look.ts';
import { answerOf } from './node.ts';

const AT_ONCE = 32;

/** Counts the blocks of the own key among the last finalised ones. */
export const inspectBlocks = looked(async (node: NodeRpc, candidates: readonly PublicKey[], most: number) => {
  const head = await finalizedHead(node);
  const set = await authorSet(node, head, most);
  const own =
    set.authorities.find((key) =>
      candidates.some(({ kind, publicKey }) => kind === set.engine && publicKey === key),
    ) ?? null;
  const heights = Array.from({ length: Math.min(most, head.number) }, (_, at) => head.number - at);
  const hashes = own === null ? [] : await hashesOf(node, heights);
  const all = await mapped(hashes, AT_ONCE, (hash) => headerAt(node, hash));
  const heads = all.filter((each) => authorOf(each, set) !== null);
  const made = heads.filter((each) => authorOf(each, set) === own);
  // The heads are in falling order.
  const slot = made[0]?.digest.slot?.slot ?? null;
  return {
    engine: set.engine,
    /** The own author key in the current set; null if no known key is in it. */
    own,
    authorities: set.authorities.length,
    /** Finalised blocks of the current set that were read, and how many of them the own key made. */
    ...{ blocks: heads.length, authored: made.length },
    /** Start of the slot of the last one that it made, in Unix milliseconds; null if it made none. */
    lastAuthoredMs: slot === null ? null : Number(slot * (await slotMsOf(node))),
  };
});

type AuthorSet = Awaited<ReturnType<typeof authorSet>>;

/** The current authorities. Blocks before `sinceSlot` have another set. */
async function authorSet(node: NodeRpc, head: Head, most: number) {
  const claim = head.digest.slot;
  if (claim === null) {
    const what = `block ${head.number} has no slot of BABE or Aura`;
    throw unfit('chain', what, 'name a node of a chain with BABE or Aura');
  }
  const [parent = head.hash] = await hashesOf(node, [Math.max(0, head.number - most)]);
  if (claim.consensus === 'babe') {
    const { authorities, startSlot } = await babeEpoch(node, head.hash);
    // A pruned node has no state of old blocks; then the blocks of the epoch that runs count.
    const before = await babeAuthorities(node, parent).catch(() => []);
    const keys = authorities.map(({ key }) => key);
    const isSame = before.map(({ key }) => key).join() === keys.join();
    return { engine: 'babe' as const, authorities: keys, sinceSlot: isSame ? 0n : startSlot };
  }
  const authorities = await auraAuthorities(node, head.hash);
  const before = await auraAuthorities(node, parent);
  // The turn of a slot follows from the set, so a set that changed in between hides the authors.
  const sinceSlot = before.join() === authorities.join() ? 0n : claim.slot;
  return { engine: 'aura' as const, authorities, sinceSlot };
}

function authorOf({ digest }: Head, { engine, authorities, sinceSlot }: AuthorSet): string | null {
  const claim = digest.slot;
  if (claim === null || claim.consensus !== engine || claim.slot < sinceSlot) return null;
  const at =
    claim.consensus === 'babe' ? claim.authorityIndex : Number(claim.slot % BigInt(authorities.length));
  return authorities[at] ?? null;
}

const hashesOf = (node: NodeRpc, heights: readonly number[]): Promise<readonly string[]> =>
  answerOf(node, 'chain_getBlockHash', listOf(text), [heights]);
