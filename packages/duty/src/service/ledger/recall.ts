import type { LedgerPoint } from '../../rule/index.ts';
import type { LedgerPart } from './part.ts';
import { type Ledger, SEQ_MAX } from './port.ts';

/** The part of the {@link Ledger} port that looks back: from memory if it can, from the disk if it must. */
export function recall({
  last,
  use,
  guarded,
}: Pick<LedgerPart, 'last' | 'use' | 'guarded'>): Pick<Ledger, 'point' | 'grantsOf' | 'pointAt'> {
  function pointAt(mark: string, epoch: string, seq: bigint, hash: string): LedgerPoint | null {
    const { entries, reader } = use();
    const id = entries.idOf(mark);
    // The number comes from a claimant; the engine refuses one that it cannot hold.
    if (id === null || seq < 0n || seq > SEQ_MAX) return null;
    const head = entries.point(mark);
    const isHead = head?.epoch === epoch && head.seq === seq && head.hash === hash;
    return isHead ? head : reader.pointAt(id, epoch, seq, hash);
  }
  return {
    point: (mark) => last().entries.point(mark),
    grantsOf: (mark, unit) =>
      guarded('grants cannot be read from the ledger', () => {
        const { entries, memory } = use();
        const head = entries.point(mark);
        return head === null ? [] : memory.grantsOf(mark, head, unit);
      }),
    pointAt: (mark, epoch, seq, hash) =>
      guarded('an entry cannot be read from the ledger', () => pointAt(mark, epoch, seq, hash)),
  };
}
