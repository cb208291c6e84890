import type { LedgerPart } from './part.ts';
import { type Ledger, SEQ_MAX } from './port.ts';

type Recall = Pick<Ledger, 'point' | 'grantsOf' | 'holds'>;

/** The part of the {@link Ledger} port that looks back: from memory if it can, from the disk if it must. */
export function recall({ last, use, guarded }: Pick<LedgerPart, 'last' | 'use' | 'guarded'>): Recall {
  return {
    point: (mark) => last().entries.points.get(mark) ?? null,
    grantsOf: (mark, unit) =>
      guarded('grants cannot be read from the ledger', () => {
        const { entries, memory } = use();
        const head = entries.points.get(mark);
        return head === undefined ? [] : memory.grantsOf(mark, head, unit);
      }),
    holds: (mark, epoch, seq, hash) =>
      guarded('an entry cannot be read from the ledger', () => {
        const { entries, reader } = use();
        const id = entries.ids.get(mark);
        // The number comes from a claimant or a file; the engine refuses one that it cannot hold.
        return id !== undefined && seq >= 0n && seq <= SEQ_MAX && reader.holds(id, epoch, seq, hash);
      }),
  };
}
