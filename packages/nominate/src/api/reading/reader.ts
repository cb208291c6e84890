import type { ProgrammeStore, RoundRow, StandingsOf } from '../../storage/port.ts';
import type { ApiLimits } from '../options.ts';
import type { Reply } from '../reply.ts';
import { type Kept, kept } from './kept.ts';
import { type RoundShelf, roundShelf, type ShelvedRound } from './round-shelf.ts';
import { shared } from './shared.ts';
import { type SnapshotFacts, snapshotFacts } from './snapshot-facts.ts';
import { within } from './within.ts';

/** What the API and the pages read: the database with deadlines, and what is expensive to read held in memory. */
export interface Reader {
  /** One question to the database, with its deadline. */
  readonly ask: <Value>(question: (store: ProgrammeStore) => Value | Promise<Value>) => Promise<Value>;
  /** What the standings of now were computed from; null before the first snapshot was judged. */
  readonly standingsOf: () => Promise<StandingsOf | null>;
  /** The snapshot of the standings; null before the first, or where it is no longer stored. */
  readonly facts: () => Promise<SnapshotFacts | null>;
  readonly newestRound: () => Promise<RoundRow | null>;
  readonly round: (id: string) => Promise<ShelvedRound | null>;
  /** Encoded answers by their ETag. */
  readonly answers: Kept<Reply>;
}

/** What changes with each snapshot is looked for this often. */
const FRESH_MS = 250;

export function programmeReader(store: ProgrammeStore, limits: ApiLimits): Reader {
  const ask: Reader['ask'] = (question) => within((async () => question(store))(), limits.storageTimeoutMs);
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
  };
}

/** Refusals are not kept: they are quick to make, and there is no end of them. */
function sizeOf(reply: Reply): number {
  return reply.kind === 'text' ? 2 * reply.body.length : Number.POSITIVE_INFINITY;
}
