import { counted } from '@watchbill/kit';
import { deadlineOf, type ElectionDate, firstReachable, type NominationDeadline } from '../../chain/index.ts';
import type { JobContext } from '../job.ts';
import type { ProgrammeNominator } from '../job-ports.ts';
import { readNote } from '../notes.ts';

/** When elections take place, as of one relay block. */
export interface Elections {
  readonly relayHeight: bigint;
  readonly upcoming: readonly ElectionDate[];
}

/**
 * From the calendar of elections: the first era that a nomination started now can still reach, with its proxy
 * delay; or why there is none.
 */
export async function deadlineFor(
  { world, settings }: Pick<JobContext, 'world' | 'settings'>,
  { relayHeight, upcoming }: Elections,
  nominator: ProgrammeNominator,
  signal: AbortSignal,
): Promise<NominationDeadline | string> {
  const delay = await world.delayOf(nominator, signal);
  if (delay === null) return 'the chain does not say how long its proxy has to wait';
  const rules = { inclusionBlocks: settings.inclusionBlocks };
  const deadlines = upcoming.map((date) => deadlineOf(date, delay, rules));
  const reached = firstReachable(deadlines, relayHeight);
  if (reached !== null) return reached;
  return `with a delay of ${counted(delay, 'relay block')} it misses ${upcoming.length === 1 ? 'the one known election' : `all ${upcoming.length} known elections`}`;
}

/** Null while the calendar is unknown. */
export async function electionsOf({ store }: JobContext): Promise<Elections | null> {
  const calendar = await readNote(store, 'calendar');
  if (calendar === null) return null;
  const { relayHeight, upcoming } = calendar;
  return {
    relayHeight,
    upcoming: upcoming.map(({ era, snapshotHeight, snapshotMs }) => ({
      era,
      snapshot: { slot: 0, atMs: snapshotMs, relayHeight: snapshotHeight },
    })),
  };
}
