import { deadlineOf, type ElectionDate, firstReachable, type NominationDeadline } from '../../chain/index.ts';
import { counted } from '../../text/counted.ts';
import type { JobContext } from '../job.ts';
import type { ProgrammeNominator } from '../ports.ts';

/** When elections are held, as of one relay block. */
export interface Elections {
  readonly relayHeight: bigint;
  readonly upcoming: readonly ElectionDate[];
}

/** The election that a nomination can surely reach, and from which era on it may count. */
export interface ReachedElection extends NominationDeadline {
  /**
   * The same era, or one before it: where the voters of the next election may be read with any block and were not yet, a nomination
   * that waits for no proxy most likely comes before that, though nobody can promise it.
   */
  readonly countsFrom: number;
}

/**
 * By the calendar of elections: the first era that a nomination which begins now can still reach, its delay counted; why there is
 * none.
 */
export async function deadlineFor(
  { world, settings }: Pick<JobContext, 'world' | 'settings'>,
  { relayHeight, upcoming }: Elections,
  nominator: ProgrammeNominator,
  signal: AbortSignal,
): Promise<ReachedElection | string> {
  const delay = await world.delayOf(nominator, signal);
  if (delay === null) return 'the chain does not say how long its proxy has to wait';
  const rules = { inclusionBlocks: settings.inclusionBlocks };
  const deadlines = upcoming.map((date) => deadlineOf(date, delay, rules));
  const reached = firstReachable(deadlines, relayHeight);
  const [next] = upcoming;
  const isLater = next === undefined || next.snapshot.relayHeight > relayHeight;
  if (reached !== null)
    return { ...reached, countsFrom: delay > 0 || isLater ? reached.era : Math.min(next.era, reached.era) };
  return `with a delay of ${counted(delay, 'relay block')} it misses ${upcoming.length === 1 ? 'the one election' : `all ${upcoming.length} elections`} that can be told`;
}
