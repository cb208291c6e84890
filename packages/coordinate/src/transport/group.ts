import type { PublicIdentity } from '../keys/port.ts';
import { sameIdentity } from '../keys/verify.ts';
import type { TransportGroup, TransportMember } from './port.ts';

export const GROUP_ID_BYTES = 32;

/** A seat is sent in 16 bits. A group has 3 to 50 members. */
const MAX_MEMBERS = 256;

/** Throws a RangeError for a mistake in a group, or if the key is not the one of the own seat. */
export function checkGroup(group: TransportGroup, key: PublicIdentity): void {
  const { groupId, members, seat } = group;
  if (groupId.length !== GROUP_ID_BYTES)
    throw new RangeError(`a group id must have ${GROUP_ID_BYTES} bytes; got ${groupId.length}`);
  if (members.length > MAX_MEMBERS)
    throw new RangeError(`a group can have at most ${MAX_MEMBERS} members; got ${members.length}`);
  members.forEach((member, index) => {
    if (member.seat !== index)
      throw new RangeError(`the member at place ${index} has the seat ${member.seat}`);
    const twin = members.findIndex((other) => sameIdentity(other, member));
    if (twin !== index) throw new RangeError(`the seats ${twin} and ${index} have the same key`);
  });
  const own = members[seat];
  if (own === undefined) throw new RangeError(`the group has no seat ${seat}`);
  if (!sameIdentity(own, key)) throw new RangeError(`the key does not belong to seat ${seat}`);
}

/** The seats of a group, and its own. */
export interface Seats<Member extends { readonly seat: number } = { readonly seat: number }> {
  readonly seat: number;
  readonly members: readonly Member[];
}

/** All members except this one. */
export function othersOf<Member extends { readonly seat: number }>(group: Seats<Member>): readonly Member[] {
  return group.members.filter(({ seat }) => seat !== group.seat);
}

/**
 * Whether this process dials that member. Of two members with addresses the lower seat dials, so that a pair
 * has one connection; one without addresses dials the other.
 */
export function isDialedBy(
  group: Seats<Pick<TransportMember, 'seat' | 'addresses'>>,
  other: Pick<TransportMember, 'seat' | 'addresses'>,
): boolean {
  if (other.seat === group.seat || other.addresses.length === 0) return false;
  const own = group.members[group.seat];
  return own === undefined || own.addresses.length === 0 || group.seat < other.seat;
}
