import type { SlotClaim } from '@watchbill/chain';
import { blake2Hash } from '@watchbill/chain/extrinsics';
import type { Roster } from './roster.ts';

/** How a slot got its owner: by turn (Aura), as primary winner (BABE), or as secondary author (BABE). */
export type Claim = 'turn' | 'primary' | 'secondary';

export interface OwnedSlot {
  /** The account (`0x…`); null if the chain does not show the owner of the key. */
  readonly account: string | null;
  readonly claim: Claim;
}

/** The slots that one block accounts for. */
export interface SlotAccount {
  /** Null if the claim matches no authority. */
  readonly authored: OwnedSlot | null;
  /** Slots between the block and its parent, by owner. The final chain has no block in them. */
  readonly missed: readonly OwnedSlot[];
  /** Empty slots with an unknown owner. */
  readonly unknownSlots: number;
}

/** A chain that stood for longer is not counted slot by slot. */
const MOST_EMPTY_SLOTS = 20_000;

/**
 * The owners of a final block's slot and of the empty slots before it. `before`: the roster of its parent;
 * `own`: its own roster.
 *
 * - Aura: every slot is the turn of one authority, so an empty one counts as missed for it.
 * - BABE: an empty slot counts as missed for its secondary author, who is drawn from public data and authors
 * unless it won the slot as primary. Only the primary's own key shows who won, so such slots count for no
 * account. If a slot has a block of another author, the secondary author may have made one that lost; that
 * does not count as missed.
 */
export function accountOf(
  claim: SlotClaim,
  parentSlot: bigint | null,
  before: Roster | null,
  own: Roster,
): SlotAccount {
  const authored = authorOf(claim, before, own);
  if (parentSlot === null) return { authored, missed: [], unknownSlots: 0 };
  const empty = Number(claim.slot - parentSlot) - 1;
  if (empty <= 0) return { authored, missed: [], unknownSlots: 0 };
  if (empty > MOST_EMPTY_SLOTS) return { authored, missed: [], unknownSlots: empty };
  const owners = Array.from({ length: empty }, (_, at) => ownerOf(parentSlot + 1n + BigInt(at), before, own));
  const missed = owners.filter((one) => one !== null);
  return { authored, missed, unknownSlots: empty - missed.length };
}

function authorOf(claim: SlotClaim, before: Roster | null, own: Roster): OwnedSlot | null {
  if (claim.consensus === 'aura') return turnOf(claim.slot, before);
  return owned(own, claim.authorityIndex, claim.claim === 'primary' ? 'primary' : 'secondary');
}

/** Aura draws from the authorities of the parent; BABE from the epoch in which the slot is. */
function ownerOf(slot: bigint, before: Roster | null, own: Roster): OwnedSlot | null {
  if (own.consensus === 'aura') return turnOf(slot, before);
  const epoch = [own, before].find((one) => isIn(slot, one)) ?? null;
  if (epoch === null || epoch.randomness === null) return null;
  return owned(epoch, secondaryAuthor(slot, epoch), 'secondary');
}

function owned({ authorities, accounts }: Roster, index: number, claim: Claim): OwnedSlot | null {
  return index < authorities.length ? { account: accounts?.[index] ?? null, claim } : null;
}

function isIn(slot: bigint, roster: Roster | null): boolean {
  if (roster?.slots == null) return false;
  const { first, count } = roster.slots;
  return slot >= first && slot < first + count;
}

function turnOf(slot: bigint, roster: Roster | null): OwnedSlot | null {
  if (roster === null || roster.authorities.length === 0) return null;
  return owned(roster, Number(slot % BigInt(roster.authorities.length)), 'turn');
}

/**
 * `secondary_slot_author` of sc-consensus-babe: blake2 of randomness and slot, as a number with the highest
 * byte first.
 */
export function secondaryAuthor(slot: bigint, { randomness, authorities }: Roster): number {
  if (randomness === null || authorities.length === 0)
    throw new RangeError('the roster draws no secondary authors');
  const bytes = Buffer.alloc(randomness.length + 8);
  bytes.set(randomness);
  bytes.writeBigUInt64LE(slot, randomness.length);
  return Number(BigInt(blake2Hash(bytes)) % BigInt(authorities.length));
}
