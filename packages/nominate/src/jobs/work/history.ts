import { counted } from '@watchbill/kit';
import type { Job } from '../job.ts';
import { readNote, writeNote } from '../notes.ts';
import { takeReported } from './reported.ts';
import { rulesOf } from './thread-rules.ts';

const MINUTE_MS = 60_000;

/**
 * Faults and periods of every candidate: from changes between two snapshots, from points, and from events of
 * the chain.
 */
export const historyJob: Job = {
  name: 'history',
  everyMs: 5 * MINUTE_MS,
  deadlineMs: 10 * MINUTE_MS,
  after: ['snapshot'],
  run: async (context) => {
    const { store, settings, world, signal } = context;
    const newest = await store.snapshots.newest();
    const before = await readNote(store, 'history of');
    if (newest === null || newest.digest === before) return 'no snapshot since the last time';
    const rules = rulesOf(settings);
    const found = await world.desk.faults({ after: newest.digest, before }, rules, signal);
    if (found === null) return 'the newest snapshot is gone';
    const reported = await takeReported(context, found);
    // Faults come first: a digest of periods has the faults of its eras in it.
    await world.desk.periods(newest.digest, rules, signal);
    await writeNote(store, 'history of', newest.digest);
    const added = found.added + reported.added;
    return `${counted(added, 'new fault')} of ${counted(found.keys.length, 'candidate')}, rank by ${settings.programme.rank.version}${reported.lacks}`;
  },
};
