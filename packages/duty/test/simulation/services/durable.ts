import { formatUnit, type LedgerEntry } from '@watchbill/duty/rule';
import type { ClaimReply } from '@watchbill/duty/service';
import type { SimDisk } from '@watchbill/testkit/sim';
import type { SimService, World } from '../world/world.ts';

/**
 * Whether the grant of a reply is on a disk: of the service itself if it is new, of any service, or of a
 * disk before it went back, if it is repeated.
 */
export function isDurable(world: World, service: SimService, reply: ClaimReply): boolean {
  const mark = `${reply.chain}/${reply.key}/${reply.duty}`;
  const own = entriesOf(service.disk, mark);
  if (reply.reason !== 'repeat') return own.some((entry) => covers(entry, reply));
  const everywhere = world.services.flatMap(({ disk }) => entriesOf(disk, mark));
  return [...everywhere, ...(world.evidence.get(mark) ?? [])].some((entry) => covers(entry, reply));
}

/** The entry is the one that the reply rests on. */
export function covers(entry: LedgerEntry, reply: ClaimReply): boolean {
  if (entry.unit === null || !isUnit(formatUnit(entry.unit), reply)) return false;
  const digest = entry.digest === null ? null : `0x${entry.digest}`;
  return entry.parts.includes(reply.part) && digest === reply.digest;
}

/** Without scopes the original wire protocol counts every round under set 0. */
function isUnit(text: string, { unit, incarnation }: ClaimReply): boolean {
  return text === unit || (incarnation === 'original' && text === `0/${unit.split('/').at(-1)}`);
}

export function entriesOf(disk: SimDisk, mark: string): readonly LedgerEntry[] {
  return [...(disk.entries.get(mark)?.values() ?? [])];
}
