import { entryHash, FIRST_PREV, formatUnit, type LedgerEntry } from '@watchbill/duty';
import type { ClaimReply } from '@watchbill/permit';
import type { SimDisk } from '@watchbill/testkit';
import type { SimService, World } from './world.ts';

/**
 * Whether the grant that a reply speaks of is on a disk: of the service itself where it is new, of any service where
 * it is repeated.
 */
export function isDurable(world: World, service: SimService, reply: ClaimReply): boolean {
  const disks = reply.reason === 'repeat' ? world.services.map(({ disk }) => disk) : [service.disk];
  return disks.some((disk) => entriesOf(disk, nameOf(reply)).some((entry) => covers(entry, reply)));
}

function nameOf({ chain, key, duty }: Pick<ClaimReply, 'chain' | 'key' | 'duty'>): string {
  return `${chain}/${key}/${duty}`;
}

function covers(entry: LedgerEntry, reply: ClaimReply): boolean {
  if (entry.unit === null || formatUnit(entry.unit) !== reply.unit) return false;
  const digest = entry.digest === null ? null : `0x${entry.digest}`;
  return entry.parts.includes(reply.part) && digest === reply.digest;
}

function entriesOf(disk: SimDisk, mark: string): readonly LedgerEntry[] {
  return [...(disk.entries.get(mark)?.values() ?? [])];
}

/**
 * The proof of the ledger over all disks together (claim protocol section 7): per mark every number from the first to
 * the highest is there once, and each entry names the hash of the one before. Answers what is wrong, or null.
 */
export function ledgerProblem(disks: readonly SimDisk[]): string | null {
  const marks = new Set(disks.flatMap((disk) => [...disk.entries.keys()]));
  for (const mark of marks) {
    const bySeq = new Map<bigint, LedgerEntry>();
    for (const entry of disks.flatMap((disk) => entriesOf(disk, mark))) {
      const other = bySeq.get(entry.seq);
      if (other !== undefined && entryHash(other) !== entryHash(entry))
        return `${mark}: two entries have the number ${entry.seq}`;
      bySeq.set(entry.seq, entry);
    }
    const problem = chainProblem(mark, bySeq);
    if (problem !== null) return problem;
  }
  return null;
}

function chainProblem(mark: string, bySeq: ReadonlyMap<bigint, LedgerEntry>): string | null {
  for (let seq = 1n; seq <= BigInt(bySeq.size); seq++) {
    const entry = bySeq.get(seq);
    if (entry === undefined) return `${mark}: entry ${seq} is on no disk`;
    const before = bySeq.get(seq - 1n);
    if (entry.prev !== (before === undefined ? FIRST_PREV : entryHash(before)))
      return `${mark}: entry ${seq} does not follow entry ${seq - 1n}`;
  }
  return null;
}
