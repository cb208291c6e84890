import type { ElectionCalendar, ElectionDate } from './calendar.ts';

export interface AnnounceRules {
  /** Relay blocks that an extrinsic may take into a block, twice: for the announcement, and for its execution. */
  readonly inclusionBlocks: number;
}

export const ANNOUNCE_RULES: AnnounceRules = { inclusionBlocks: 30 };

/** Until when something must be begun so that it counts for an era. Heights are of the relay chain, as delays are. */
export interface NominationDeadline {
  readonly era: number;
  /** The nomination itself has to be in a block below this one. */
  readonly nominateBefore: bigint;
  /** What is begun now has to be begun at or below this height: the announcement, or the nomination where there is no delay. */
  readonly beginBy: bigint;
  /** The moment at which the voters are read, in Unix milliseconds. */
  readonly snapshotMs: number;
}

/**
 * The deadlines of the upcoming elections for a nomination that waits `delayBlocks` between its announcement and its execution; 0 for
 * one without delay. Pure.
 */
export function deadlinesOf(
  calendar: ElectionCalendar,
  delayBlocks: number,
  rules: AnnounceRules = ANNOUNCE_RULES,
): readonly NominationDeadline[] {
  return calendar.upcoming.map((date) => deadlineOf(date, delayBlocks, rules));
}

/** The same for one of them. */
export function deadlineOf(
  { era, snapshot }: ElectionDate,
  delayBlocks: number,
  { inclusionBlocks }: AnnounceRules,
): NominationDeadline {
  const waits = delayBlocks === 0 ? inclusionBlocks : delayBlocks + 2 * inclusionBlocks;
  return {
    era,
    nominateBefore: snapshot.relayHeight,
    beginBy: snapshot.relayHeight - BigInt(waits),
    snapshotMs: snapshot.atMs,
  };
}

/** The first era that a nomination begun at `relayHeight` counts for; null where it misses all elections that can be told. */
export function firstReachable(
  deadlines: readonly NominationDeadline[],
  relayHeight: bigint,
): NominationDeadline | null {
  return deadlines.find(({ beginBy }) => relayHeight <= beginBy) ?? null;
}
