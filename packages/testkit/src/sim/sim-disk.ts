import type { LedgerEntry } from '@watchbill/duty';
import type { DecisionRecord, Head } from '@watchbill/permit';

/** What the disk of a service holds: it outlives every process, and knows only what was synced. */
export interface SimDisk {
  serviceId: string | null;
  ledgerId: string | null;
  /** By mark, then by hash. */
  readonly entries: Map<string, Map<string, LedgerEntry>>;
  readonly heads: Map<string, Head>;
  /** Every entry hash that was ever synced here, in order. A disk that loses entries does not lose this. */
  readonly everSynced: Set<string>;
  readonly decisions: DecisionRecord[];
  /** While true, every write is refused. */
  full: boolean;
}

export function createSimDisk(): SimDisk {
  return {
    serviceId: null,
    ledgerId: null,
    entries: new Map(),
    heads: new Map(),
    everSynced: new Set(),
    decisions: [],
    full: false,
  };
}

/** The disk forgets entries and heads, as no disk may: for controls that must be caught. */
export function loseEntries(disk: SimDisk): void {
  disk.entries.clear();
  disk.heads.clear();
}
