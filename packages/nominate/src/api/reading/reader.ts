import type { ProgrammeStore, RoundRow, StandingsOf } from '../../storage/port.ts';
import type { ApiLimits } from '../options.ts';
import type { Reply } from '../reply.ts';
import type { Document } from './document.ts';
import { inTime } from './in-time.ts';
import { type Kept, kept } from './kept.ts';
import { type RoundShelf, roundShelf, type ShelvedRound } from './round-shelf.ts';
import { shared } from './shared.ts';
import { type SnapshotFacts, snapshotFacts } from './snapshot-facts.ts';

/**
 * The data source of the API and the pages: database queries with deadlines, and a cache for expensive
 * readings.
 */
export interface Reader {
  /** Runs one database query with a deadline. */
  readonly ask: <Value>(question: (store: ProgrammeStore) => Value | Promise<Value>) => Promise<Value>;
  /** The inputs of the current standings; null before the first snapshot was judged. */
  readonly standingsOf: () => Promise<StandingsOf | null>;
  /** The snapshot of the standings; null before the first, or if it is no longer stored. */
  readonly facts: () => Promise<SnapshotFacts | null>;
  readonly newestRound: () => Promise<RoundRow | null>;
  readonly round: (id: string) => Promise<ShelvedRound | null>;
  /** Encoded answers by ETag. */
  readonly answers: Kept<Reply>;
  /** Compressed documents by ETag. */
  readonly documents: Kept<Document>;
}

/** How often the reader checks for a new snapshot. */
const FRESH_MS = 250;

export function programmeReader(store: ProgrammeStore, limits: ApiLimits): Reader {
  const ask: Reader['ask'] = (question) => inTime((async () => question(store))(), limits.storageTimeoutMs);
  const standingsOf = shared(() => ask(({ standings }) => standings.of()), FRESH_MS);
  const newestRound = shared(() => ask(({ rounds }) => rounds.newest()), FRESH_MS);
  const snapshots = kept<SnapshotFacts | null>(1, (facts) => (facts === null ? 2 : 1));
  const shelf: RoundShelf = roundShelf((id) => ask(({ rounds }) => rounds.get(id)), limits.rounds);
  const load = async (digest: string) => {
    const text = await ask((from) => from.snapshots.get(digest));
    return text === null ? null : snapshotFacts(digest, text);
  };
  return {
    ask,
    standingsOf,
    newestRound,
    facts: async () => {
      const of = await standingsOf();
      return of === null ? null : snapshots.get(of.snapshot, () => load(of.snapshot));
    },
    round: shelf.get,
    answers: kept(limits.answerBytes, sizeOf),
    documents: kept<Document>(limits.documentBytes, ({ gzip }) => gzip.length),
  };
}

/** Refusals are not kept: they are cheap to compute, and their number is unbounded. */
function sizeOf(reply: Reply): number {
  if (reply.kind === 'document') return reply.document.gzip.length;
  return reply.kind === 'text' ? reply.body.length : Number.POSITIVE_INFINITY;
}
