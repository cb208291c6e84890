/** What a node tells of its chain, in its order; times are milliseconds of one monotonic clock. */
export type ChainEvent =
  /** The block that was final when somebody began to listen. */
  | { readonly kind: 'begun'; readonly hash: string; readonly number: number }
  | { readonly kind: 'imported'; readonly hash: string; readonly parent: string; readonly atMs: number }
  /** From here on, imports are told when they happen; those before were told late. */
  | { readonly kind: 'live' }
  /** In the order of the chain, each a child of the one before. */
  | { readonly kind: 'finalised'; readonly hashes: readonly string[]; readonly atMs: number };

/** A block that became final. */
export interface FinalBlock {
  readonly number: number;
  readonly hash: string;
  /** Null where it was there before anybody listened: then its time is not known. */
  readonly importedMs: number | null;
  readonly finalisedMs: number;
}

/** What a node told cannot be so: it is not a measurement then. */
export class FinalityFault extends Error {
  readonly remedy: string;
  constructor(message: string, remedy: string) {
    super(message);
    this.name = 'FinalityFault';
    this.remedy = remedy;
  }
}

/** When each block of a node came and became final. */
export interface BlockLedger {
  /** Throws a {@link FinalityFault} where an event does not fit those before it. */
  readonly add: (event: ChainEvent) => void;
  /** The highest block whose time of import is not known; null until imports are told when they happen. */
  readonly unknownUpTo: () => number | null;
  readonly finalHeight: () => number;
  /** The final blocks of these numbers; only those that there are. */
  readonly between: (first: number, last: number) => readonly FinalBlock[];
}

const REMEDY = 'measure again; if it stays so, look at the log of the node';

export function blockLedger(): BlockLedger {
  const imported = new Map<string, { readonly number: number; readonly atMs: number | null }>();
  const final = new Map<number, FinalBlock>();
  let height = -1;
  let top: string | null = null;
  let unknown = -1;
  let isLive = false;

  function numberOf(hash: string, what: string): number {
    const found = imported.get(hash)?.number;
    if (found !== undefined) return found;
    throw new FinalityFault(`${what} ${hash} came before its import was told`, REMEDY);
  }

  function finalise(hash: string, atMs: number): void {
    const number = numberOf(hash, 'the finality of');
    const importedMs = imported.get(hash)?.atMs ?? null;
    if (number !== height + 1)
      throw new FinalityFault(`block ${number} became final after block ${height}`, REMEDY);
    if (importedMs !== null && atMs < importedMs)
      throw new FinalityFault(`block ${number} was final before it was imported`, REMEDY);
    height = number;
    top = hash;
    final.set(number, { number, hash, importedMs, finalisedMs: atMs });
  }

  return {
    add: (event) => {
      switch (event.kind) {
        case 'begun':
          if (top !== null) throw new FinalityFault('the node began to tell its chain anew', REMEDY);
          imported.set(event.hash, { number: event.number, atMs: null });
          height = event.number;
          top = event.hash;
          unknown = event.number;
          return;
        case 'imported': {
          if (imported.has(event.hash)) return;
          const number = numberOf(event.parent, 'a child of') + 1;
          imported.set(event.hash, { number, atMs: isLive ? event.atMs : null });
          if (!isLive) unknown = Math.max(unknown, number);
          return;
        }
        case 'live':
          isLive = true;
          return;
        case 'finalised':
          for (const hash of event.hashes) if (hash !== top) finalise(hash, event.atMs);
      }
    },
    unknownUpTo: () => (isLive ? unknown : null),
    finalHeight: () => height,
    between: (first, last) => {
      const count = Math.max(0, last - first + 1);
      return Array.from({ length: count }, (_, at) => final.get(first + at) ?? []).flat();
    },
  };
}
