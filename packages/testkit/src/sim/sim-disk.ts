import type { LedgerEntry } from '@watchbill/duty/rule';
import type { DecisionRecord, Head, Ledger } from '@watchbill/duty/service';

export interface SimWord {
  readonly word: Parameters<Ledger['keepWord']>[0];
  /** Null while the word is open. */
  release: Parameters<Ledger['releaseWord']>[1] | null;
}

/** The disk of a service: it outlives every process, and holds synced data only. */
export interface SimDisk {
  serviceId: string | null;
  ledgerId: string | null;
  /** By mark, then by hash. */
  readonly entries: Map<string, Map<string, LedgerEntry>>;
  readonly heads: Map<string, Head>;
  /** Open words and released ones, in the order in which they were kept. */
  readonly words: SimWord[];
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
    words: [],
    everSynced: new Set(),
    decisions: [],
    full: false,
  };
}

/** A backup of the disk: later writes to one do not reach the other. */
export function copyDisk(disk: SimDisk): SimDisk {
  return structuredClone(disk);
}

/** The disk forgets entries, heads and words, which no real disk may do: for controls that must fail. */
export function loseEntries(disk: SimDisk): void {
  disk.entries.clear();
  disk.heads.clear();
  disk.words.length = 0;
}
