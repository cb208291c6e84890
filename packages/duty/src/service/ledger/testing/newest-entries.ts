import type { LedgerPoint } from '../../../rule/index.ts';
import { MEMORY_ENTRIES } from '../port.ts';

/**
 * The newest {@link MEMORY_ENTRIES} entries of an epoch, up to a seq, lowest first. For ledgers that hold all
 * in memory.
 */
export function newestEntries<Entry extends Pick<LedgerPoint, 'epoch' | 'seq'>>(
  all: readonly Entry[],
  epoch: string,
  upTo: bigint,
): readonly Entry[] {
  return all
    .filter((entry) => entry.epoch === epoch && entry.seq <= upTo)
    .sort((a, b) => (a.seq < b.seq ? -1 : a.seq > b.seq ? 1 : 0))
    .slice(-MEMORY_ENTRIES);
}
