import { Blake2256 } from '@polkadot-api/substrate-bindings';
import { auraAuthorities, type BabeEpoch, babeEpoch } from '../reads/authorities.ts';
import { isNodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { numberBytes } from '../scale/number-bytes.ts';
import { type AuthoredBlock, turnOf } from './authored.ts';

/** A slot that a key had to perform. */
export interface DueSlot {
  readonly key: string;
  readonly slot: bigint;
}

/** From a block to its child: slots in between have no block. */
export interface DuePass {
  readonly duty: 'babe' | 'aura';
  /** The block belongs to a parachain. */
  readonly onRelay: boolean;
  /** Slot of the parent. */
  readonly after: bigint;
  readonly slot: bigint;
  readonly author: string;
  /**
   * The owners of slots after the parent's, up to the block's: in Aura each slot has one; in BABE the
   * secondary author. Only the holder of a key knows the slots of which it is the primary author in BABE.
   */
  readonly due: readonly DueSlot[];
  /** The owners of the slots after the block's, as far as they are known; null without them. */
  readonly next: NextSlots | null;
}

/** The owners of slots that begin later. In BABE a primary author may come before each of them. */
export interface NextSlots {
  /** The last slot whose owner is known. */
  readonly until: bigint;
  readonly due: readonly DueSlot[];
}

/** Blocks whose slot is remembered for their children. */
const MAX_PARENTS = 512;
/** The most due slots of one pass: after a longer halt of the chain only the newest count. */
const MAX_DUE = 16;
/** How many slots ahead owners are computed. */
const AHEAD = 16;

/**
 * Computes passes from blocks as they come. A block whose parent was not seen gives no pass. Throws a {@link
 * NodeFault} if the node does not answer; a state that the node no longer has makes a pass without due slots.
 */
export function dueFollower(
  node: NodeRpc,
): (blocks: readonly AuthoredBlock[]) => Promise<readonly DuePass[]> {
  const slots = new Map<string, bigint>();
  return async (blocks) => {
    for (const { hash, slot } of blocks) slots.set(hash, slot);
    const passes: DuePass[] = [];
    for (const block of blocks) {
      const after = slots.get(block.parentHash);
      if (after === undefined || after >= block.slot) continue;
      const { duty, slot, key: author, relayParent } = block;
      const found = await ownersAround(node, block, after);
      passes.push({ duty, onRelay: relayParent !== null, after, slot, author, ...found });
    }
    for (const oldest of [...slots.keys()].slice(0, Math.max(0, slots.size - MAX_PARENTS)))
      slots.delete(oldest);
    return passes;
  };
}

async function ownersAround(
  node: NodeRpc,
  block: AuthoredBlock,
  after: bigint,
): Promise<Pick<DuePass, 'due' | 'next'>> {
  const first = block.slot - after > BigInt(MAX_DUE) ? block.slot - BigInt(MAX_DUE) : after;
  try {
    const ownerOf = block.duty === 'aura' ? await auraOwner(node, block) : await babeOwner(node, block);
    return { due: owned(ownerOf, first, block.slot), next: nextSlots(ownerOf, block.slot) };
  } catch (error) {
    // The node has no state of that block any more, or its runtime is of another kind.
    if (isNodeFault(error, 'refused', 'malformed')) return { due: [], next: null };
    throw error;
  }
}

/** Undefined for a slot whose owner is not known. */
type OwnerOf = (slot: bigint) => string | undefined;

/** The owners of the slots after the first one, up to the last one. */
function owned(ownerOf: OwnerOf, after: bigint, last: bigint): readonly DueSlot[] {
  const slots = Array.from({ length: Number(last - after) }, (_, index) => after + BigInt(index) + 1n);
  return slots.flatMap((slot) => {
    const key = ownerOf(slot);
    return key === undefined ? [] : [{ key, slot }];
  });
}

/** The owners up to the first slot whose owner is not known, for example of the next epoch. */
function nextSlots(ownerOf: OwnerOf, slot: bigint): NextSlots | null {
  const due: DueSlot[] = [];
  for (const one of owned(ownerOf, slot, slot + BigInt(AHEAD)))
    if (one.slot === slot + BigInt(due.length) + 1n) due.push(one);
  return due.length === 0 ? null : { until: slot + BigInt(due.length), due };
}

async function auraOwner(node: NodeRpc, { parentHash }: AuthoredBlock): Promise<OwnerOf> {
  const authorities = await auraAuthorities(node, parentHash);
  return (slot) => turnOf(authorities, slot);
}

/** The first block of an epoch has another epoch than the state of its parent shows. */
async function babeOwner(node: NodeRpc, { parentHash, hash }: AuthoredBlock): Promise<OwnerOf> {
  const epochs = [await babeEpoch(node, parentHash), await babeEpoch(node, hash)];
  return (slot) => {
    const epoch = epochs.find(
      ({ startSlot, durationSlots }) => slot >= startSlot && slot < startSlot + durationSlots,
    );
    return epoch === undefined ? undefined : secondaryAuthor(epoch, slot);
  };
}

/**
 * The secondary author of a slot, as sc-consensus-babe's `secondary_slot_author` draws it: BLAKE2b-256 over
 * randomness and slot, as a big-endian number modulo the number of authorities. Undefined if the chain has
 * primary slots only.
 */
export function secondaryAuthor(
  {
    authorities,
    randomness,
    secondarySlots,
  }: Pick<BabeEpoch, 'authorities' | 'randomness' | 'secondarySlots'>,
  slot: bigint,
): string | undefined {
  if (!secondarySlots || authorities.length === 0) return undefined;
  const seed = bytesOfHex(randomness, 'the randomness of an epoch');
  const drawn = BigInt(hexOf(Blake2256(Buffer.concat([seed, numberBytes(slot, 8)]))));
  return authorities[Number(drawn % BigInt(authorities.length))]?.key;
}
