import type { JobContext } from '../job.ts';
import type { ReportedFaults } from '../job-ports.ts';
import { readNote, writeNote } from '../notes.ts';
import { addFresh } from './fresh-faults.ts';
import { type Gap, lacking, leftOver, retryGaps, withUnread } from './gaps.ts';

/**
 * After a stop there are many blocks. Standings and rounds wait for this job, so it continues in the next
 * run.
 */
const MOST_GOES = 40;
const LONGEST_MS = 2 * 60_000;

/**
 * Reads the faults in events since the last run, in several requests. It stores faults and unreadable blocks
 * before it moves the cursor, so a process that dies in between reads the same events again and adds no
 * duplicate. If the chain cannot be read, the cursor stays.
 */
export async function takeReported(
  context: JobContext,
  { keys: candidates, era }: { readonly keys: readonly string[]; readonly era: number | null },
): Promise<{ readonly added: number; readonly lacks: string }> {
  const { store, world, signal, clock, progress } = context;
  const keys = new Set(candidates);
  const untilMs = clock.nowMs() + LONGEST_MS;
  let gaps: readonly Gap[] = (await readNote(store, 'fault gaps')) ?? [];
  let [added, behind] = [0, 0];
  for (let go = 0; go < MOST_GOES; go += 1) {
    signal.throwIfAborted();
    const cursor = await readNote(store, 'fault cursor');
    const told = await world.chain.faults(keys, cursor, era, signal);
    added += await keep(store, told.faults);
    gaps = withUnread(gaps, told.unread, era, clock.nowMs());
    await writeNote(store, 'fault gaps', [...gaps]);
    await writeNote(store, 'fault cursor', told.next);
    behind = told.behind;
    if (behind === 0 || told.next === cursor || clock.nowMs() >= untilMs) break;
    await progress(null, leftOver(behind));
  }
  const again = await retryGaps(context, keys, gaps, untilMs);
  added += await keep(store, again.faults);
  await writeNote(store, 'fault gaps', [...again.gaps]);
  return { added, lacks: lacking(again.gaps, behind) };
}

async function keep(store: JobContext['store'], faults: ReportedFaults['faults']): Promise<number> {
  const books = await store.history.of([...new Set(faults.map(({ stashKey }) => stashKey))]);
  let added = 0;
  for (const [stashKey, own] of Map.groupBy(faults, (one) => one.stashKey)) {
    const told = own.map(({ fault }) => fault);
    added += await addFresh(store, stashKey, books.get(stashKey)?.faults ?? [], told);
  }
  return added;
}
