import type { ElectionCalendar, ElectionDate } from './calendar.ts';

export interface AnnounceRules {
  /**
   * The most relay blocks until an extrinsic is in a block; it counts twice, for the announcement and for the
   * execution.
   */
  readonly inclusionBlocks: number;
}

export const ANNOUNCE_RULES: AnnounceRules = { inclusionBlocks: 30 };

/**
 * Deadlines for starting a nomination that counts for an era. Heights are of the relay chain, as proxy delays
 * are.
 */
export interface NominationDeadline {
  readonly era: number;
  /** The nomination itself has to be in a block below this one. */
  readonly nominateBefore: bigint;
  /** The announcement must be sent at or below this height; without a delay, the nomination itself. */
  readonly beginBy: bigint;
  /** The moment at which the voters are read, in Unix milliseconds. */
  readonly snapshotMs: number;
}

/**
 * The deadlines of the upcoming elections, for a nomination with `delayBlocks` between announcement and
 * execution; 0 for no delay. Pure.
 */
export function deadlinesOf(
  calendar: ElectionCalendar,
  delayBlocks: number,
  rules: AnnounceRules = ANNOUNCE_RULES,
): readonly NominationDeadline[] {
  return calendar.upcoming.map((date) => deadlineOf(date, delayBlocks, rules));
}

/** The same for one election. */
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

/**
 * The first era for which a nomination that starts at `relayHeight` counts; null if it misses all known
 * elections.
 */
export function firstReachable(
  deadlines: readonly NominationDeadline[],
  relayHeight: bigint,
): NominationDeadline | null {
  return deadlines.find(({ beginBy }) => relayHeight <= beginBy) ?? null;
}
