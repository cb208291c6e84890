import { entryHash, FIRST_PREV, type LedgerEntry } from '@watchbill/duty/rule';
import { entriesOf } from '../services/durable.ts';
import type { World } from '../world/world.ts';
import type { Violation } from './oracle.ts';

/**
 * The proof over all disks together (claim protocol, section 7): in each mark, every number from the first
 * to the highest is there once, and each entry names the hash of the one before. After a restore two entries
 * with one number are evidence of just that, so such runs are not judged, nor those with more than one
 * epoch.
 */
export function ledgerGap(world: World): Violation | null {
  if (world.history.events().some((event) => event.kind === 'restore' || event.kind === 'epoch')) return null;
  const disks = world.services.map(({ disk }) => disk);
  const marks = new Set([...disks.flatMap((disk) => [...disk.entries.keys()]), ...world.evidence.keys()]);
  for (const mark of marks) {
    const bySeq = new Map<bigint, LedgerEntry>();
    const entries = [...disks.flatMap((disk) => entriesOf(disk, mark)), ...(world.evidence.get(mark) ?? [])];
    for (const entry of entries) {
      const other = bySeq.get(entry.seq);
      if (other !== undefined && entryHash(other) !== entryHash(entry))
        return { promise: 'P', what: `${mark}: two entries have the number ${entry.seq}`, events: [] };
      bySeq.set(entry.seq, entry);
    }
    const what = chainProblem(mark, bySeq);
    if (what !== null) return { promise: 'P', what, events: [] };
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
